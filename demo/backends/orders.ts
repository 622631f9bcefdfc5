import { randomUUID } from 'node:crypto';
import type { CartView } from './carts.ts';

const MAX_USERS = 1_000;
const KEPT = 20;

interface Order {
  readonly id: string;
  readonly at: string;
  readonly count: number;
  /** In cents. */
  readonly total: number;
}

/** The last orders of each user. */
export class OrderBook {
  readonly #orders = new Map<string, readonly Order[]>();

  /** The newest first. */
  of(user: string): readonly Order[] {
    return this.#orders.get(user) ?? [];
  }

  place(user: string, { count, total }: CartView): Order {
    const order = { id: randomUUID().slice(0, 8), at: new Date().toISOString(), count, total };
    const [oldest] = this.#orders.keys();
    if (oldest !== undefined && this.#orders.size >= MAX_USERS && !this.#orders.has(user)) this.#orders.delete(oldest);
    this.#orders.set(user, [order, ...this.of(user)].slice(0, KEPT));
    return order;
  }
}
