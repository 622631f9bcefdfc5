import type { Exchange } from '../exchange.ts';
import type { Purge } from '../purge.ts';
import type { Reply } from '../reply.ts';

/** Purges stored responses: at once in this process, over the bus in the others, and permanently in the tiers. */
export interface Purger {
  purge(purge: Purge): void;
  /**
   * Invalidates after a write: responses with one of the tags, all responses for its own address on any route, and
   * those for the addresses that its response names (RFC 9111 §4.4).
   */
  written(tags: readonly string[], x: Exchange, reply: Reply): void;
}
