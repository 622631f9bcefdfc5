import { randomBytes } from 'node:crypto';
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
import { type IdentityProvider, startIdentity } from './identity/identity.ts';

export interface Shop {
  /** For the gateway: the addresses of the services in services.ts (CATALOG_TARGETS and so on), and of the sign-in. */
  readonly env: Readonly<Record<string, string>>;
  /** By name: catalog-1, catalog-2, stock, sellers, cart, recommendations, images, prices, chat, chaos. */
  readonly backends: ReadonlyMap<string, Backend>;
  close(): Promise<void>;
}

export interface ShopOptions {
  /** By which browsers reach the gateway; the identity provider leads them back there. Default that of port 8080. */
  readonly origin?: string;
}

export async function startShop({ origin = 'http://localhost:8080' }: ShopOptions = {}): Promise<Shop> {
  const today = new PriceBook();
  const identity = await startIdentity(origin);
  const trade = await Promise.all([
    startCatalog(1),
    startCatalog(2),
    startStock(),
    startSellers(),
    startCart(today, identity.issuer),
    startRecommendations(),
    startImages(),
    startPrices(today),
    startChat(),
  ]);
  const chaos = await startChaos(byName(trade));
  const all = [...trade, chaos];
  return {
    env: { ...targetsOf(all), ...signInOf(identity, origin) },
    backends: byName(all),
    close: async () => void (await Promise.all([...all, identity].map(each => each.close()))),
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

/**
 * For the demonstration, the secrets are random and end with it: the provider forgets its users then, too. In
 * production they come from where the team keeps secrets, and sessions outlive a restart.
 */
function signInOf({ issuer, client }: IdentityProvider, origin: string): Record<string, string> {
  return {
    SHOP_ORIGIN: origin,
    SHOP_ISSUER: issuer,
    SHOP_CLIENT_ID: client.id,
    SHOP_CLIENT_SECRET: client.secret,
    SHOP_SESSION_KEYS: randomBytes(32).toString('hex'),
  };
}
