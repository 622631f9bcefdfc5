import type { Exchange } from '../../core/exchange.ts';
import type { TargetState } from './target-state.ts';

/** Chooses one of the available targets. */
export interface LoadBalancingPolicy {
  /** @returns undefined only without targets. */
  choose(targets: readonly TargetState[], x: Exchange, now: number): TargetState | undefined;
}
