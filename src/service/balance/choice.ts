import type { Exchange } from '../../core/exchange.ts';
import type { Machine } from './machine.ts';

/** How one of the machines that may be taken is chosen. */
export interface Choice {
  /** @returns undefined for no machine only. */
  choose(machines: readonly Machine[], x: Exchange, now: number): Machine | undefined;
}
