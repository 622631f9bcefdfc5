import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import type { TargetState } from './target-state.ts';

/**
 * Uses each target in turn, by weight and evenly spread: for { 5, 1, 1 } a a b a c a a, not a a a a a b c (nginx's
 * smooth weighted round robin).
 */
export class SmoothRoundRobin implements LoadBalancingPolicy {
  choose(targets: readonly TargetState[]): TargetState | undefined {
    let total = 0;
    let next: TargetState | undefined;
    for (const target of targets) {
      total += target.effective;
      target.turn += target.effective;
      if (next === undefined || target.turn > next.turn) next = target;
    }
    if (next !== undefined) next.turn -= total;
    return next;
  }
}
