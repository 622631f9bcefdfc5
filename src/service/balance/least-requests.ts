import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import type { TargetState } from './target-state.ts';

/**
 * Uses the target with the fewest calls and streams for its weight, including this call; among equals, the next in
 * turn.
 */
export class LeastRequests implements LoadBalancingPolicy {
  #turn = 0;

  choose(targets: readonly TargetState[]): TargetState | undefined {
    const count = targets.length;
    const start = this.#turn++ % Math.max(count, 1);
    let min: TargetState | undefined;
    let load = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const target = targets[(start + i) % count];
      if (target === undefined) continue;
      const own = (target.inFlight + target.streams + 1) / target.effective;
      if (own >= load) continue;
      min = target;
      load = own;
    }
    return min;
  }
}
