import type { Exchange } from '../exchange.ts';

/** Makes stored answers stale, at once in this process. */
export interface Purger {
  purge(tags: readonly string[]): void;
  /** Every stored answer to the exchange's own address, on whatever route (RFC 9111 §4.4). */
  purgeAddress(x: Exchange): void;
}
