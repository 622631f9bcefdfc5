import type { Exchange } from '../../core/exchange.ts';
import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import type { TargetState } from './target-state.ts';

// A target without a response gets one call, and no more until it responds (Finagle's penalty).
const PENALTY = Number.MAX_VALUE / 1e9;

/**
 * Picks two targets at random and uses the one that is faster and has fewer calls in flight. Two are enough to avoid
 * the worst, and few enough to keep calls from rushing to the best at once (Mitzenmacher, "The Power of Two Choices";
 * the default of Finagle and Linkerd).
 */
export class Ewma implements LoadBalancingPolicy {
  readonly #chance: () => number;

  /** @param chance returns a number from 0 up to 1. */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  choose(targets: readonly TargetState[], _x: Exchange, now: number): TargetState | undefined {
    const count = targets.length;
    if (count < 2) return targets[0];
    const first = Math.floor(this.#chance() * count);
    const second = Math.floor(this.#chance() * (count - 1));
    const a = targets[first];
    const b = targets[second < first ? second : second + 1];
    if (a === undefined || b === undefined) return a ?? b;
    return loadOf(b, now) < loadOf(a, now) ? b : a;
  }
}

function loadOf({ cost, inFlight, effective }: TargetState, now: number): number {
  const ms = cost.at(now);
  if (ms === 0 && inFlight > 0) return (PENALTY * inFlight) / effective;
  return (ms * (inFlight + 1)) / effective;
}
