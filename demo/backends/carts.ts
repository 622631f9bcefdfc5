import type { PriceBook } from './price-book.ts';
import type { Product } from './products.ts';

const MAX_CARTS = 1_000;
export const MAX_QTY = 99;

interface Line {
  readonly productId: string;
  readonly name: string;
  /** In cents: the price when the product was added. */
  readonly price: number;
  readonly qty: number;
}

type Lines = ReadonlyMap<string, Line>;

export interface CartView {
  readonly id: string;
  readonly lines: readonly (Line & { readonly sum: number })[];
  readonly count: number;
  /** In cents. */
  readonly total: number;
}

/** Carts by the name of whose they are; the oldest is forgotten for a new one. */
export class Carts {
  readonly #prices: PriceBook;
  readonly #carts = new Map<string, Lines>();

  constructor(prices: PriceBook) {
    this.#prices = prices;
  }

  view(id: string): CartView {
    const lines = [...this.#linesOf(id).values()].map(line => ({ ...line, sum: line.price * line.qty }));
    const count = lines.reduce((sum, line) => sum + line.qty, 0);
    const total = lines.reduce((sum, line) => sum + line.sum, 0);
    return { id, lines, count, total };
  }

  add(id: string, product: Product, qty: number): void {
    const price = this.#prices.priceOf(product.id) ?? product.price;
    this.#put(id, [{ productId: product.id, name: product.name, price, qty }]);
  }

  remove(id: string, productId: string): void {
    const lines = new Map(this.#linesOf(id));
    if (lines.delete(productId)) this.#carts.set(id, lines);
  }

  empty(id: string): void {
    this.#carts.delete(id);
  }

  move(from: string, to: string): void {
    this.#put(to, [...this.#linesOf(from).values()]);
    this.empty(from);
  }

  #put(id: string, added: readonly Line[]): void {
    const lines = new Map(this.#linesOf(id));
    for (const line of added) {
      const qty = Math.min(MAX_QTY, (lines.get(line.productId)?.qty ?? 0) + line.qty);
      lines.set(line.productId, { ...line, qty });
    }
    const [oldest] = this.#carts.keys();
    if (oldest !== undefined && this.#carts.size >= MAX_CARTS && !this.#carts.has(id)) this.#carts.delete(oldest);
    this.#carts.set(id, lines);
  }

  #linesOf(id: string): Lines {
    return this.#carts.get(id) ?? new Map();
  }
}
