import type { Backend } from './backends/backend.ts';
import { startCart } from './backends/cart.ts';
import { startCatalog } from './backends/catalog.ts';
import { startChaos } from './backends/chaos.ts';
import { startChat } from './backends/chat.ts';
import { startImages } from './backends/images.ts';
import { PriceBook } from './backends/price-book.ts';
import { startPrices } from './backends/prices.ts';
import { startRecommendations } from './backends/recommendations.ts';
import { startSellers } from './backends/sellers.ts';
import { startStock } from './backends/stock.ts';

export interface Shop {
  /** The addresses of the services in services.ts: CATALOG_TARGETS and so on. */
  readonly env: Readonly<Record<string, string>>;
  /** By name: catalog-1, catalog-2, stock, sellers, cart, recommendations, images, prices, chat, chaos. */
  readonly backends: ReadonlyMap<string, Backend>;
  close(): Promise<void>;
}

export async function startShop(): Promise<Shop> {
  const today = new PriceBook();
  const trade = await Promise.all([
    startCatalog(1),
    startCatalog(2),
    startStock(),
    startSellers(),
    startCart(today),
    startRecommendations(),
    startImages(),
    startPrices(today),
    startChat(),
  ]);
  const chaos = await startChaos(byName(trade));
  const all = [...trade, chaos];
  return {
    env: targetsOf(all),
    backends: byName(all),
    close: async () => void (await Promise.all(all.map(backend => backend.close()))),
  };
}

function byName(backends: readonly Backend[]): ReadonlyMap<string, Backend> {
  return new Map(backends.map(backend => [backend.name, backend]));
}

/** 'catalog-1' and 'catalog-2' are two targets of one service. */
function targetsOf(backends: readonly Backend[]): Record<string, string> {
  const byService = Map.groupBy(backends, ({ name }) => name.replace(/-\d+$/, ''));
  const lists = [...byService].map(([service, targets]) => [
    `${service.toUpperCase()}_TARGETS`,
    targets.map(({ url }) => url).join(','),
  ]);
  return Object.fromEntries(lists);
}
