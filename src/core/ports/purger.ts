import type { Exchange } from '../exchange.ts';
import type { Purge } from '../purge.ts';
import type { Reply } from '../reply.ts';

/** Makes stored responses stale: here at once, in the other processes by the bus, in the tiers for good. */
export interface Purger {
  purge(purge: Purge): void;
  /**
   * What a write makes stale: what carries one of the tags, everything stored for its own address, on whatever route,
   * and for the addresses that its response names (RFC 9111 §4.4).
   */
  written(tags: readonly string[], x: Exchange, reply: Reply): void;
}
