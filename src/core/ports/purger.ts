import type { Exchange } from '../exchange.ts';

/** Makes stored answers stale. */
export interface Purger {
  /** What carries one of the tags, and everything stored for the exchange's own address, on whatever route (RFC 9111 §4.4). */
  purge(tags: readonly string[], x: Exchange): void;
}
