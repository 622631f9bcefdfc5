import type { Exchange } from '../../core/exchange.ts';
import type { TargetState } from './target-state.ts';

/** How one of the targets that may be taken is chosen. */
export interface LoadBalancingPolicy {
  /** @returns undefined for no target only. */
  choose(targets: readonly TargetState[], x: Exchange, now: number): TargetState | undefined;
}
