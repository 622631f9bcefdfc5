import { PRODUCTS } from './products.ts';

export interface PriceChange {
  readonly id: string;
  /** In cents. */
  readonly price: number;
}

/** Today's prices. They vary around the list price by a fixed pattern, so that every run shows the same day. */
export class PriceBook {
  readonly #prices = new Map(PRODUCTS.map(({ id, price }) => [id, price]));
  #changes = 0;

  priceOf(id: string): number | undefined {
    return this.#prices.get(id);
  }

  /** Changes the next price; 5 and 12 have no common divisor, so every product has its turn. */
  change(): PriceChange {
    const turn = this.#changes++;
    const product = PRODUCTS[(turn * 5) % PRODUCTS.length];
    if (!product) throw new Error('the shop has no products');
    const percent = Math.round(8 * Math.sin(turn * 1.7 + 1));
    const price = Math.round((product.price * (100 + percent)) / 1_000) * 10;
    this.#prices.set(product.id, price);
    return { id: product.id, price };
  }
}
