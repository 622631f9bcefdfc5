import type { Exchange } from '../../core/exchange.ts';
import { fingerprint, unitOf } from './fingerprint.ts';
import type { KeyOf } from './key.ts';
import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import type { TargetState } from './target-state.ts';

/** The maximum load of a target relative to the average; above it, its requests go to the next one. */
const MAX_LOAD = 1.25;
// A browser sends several requests at once, so at low load the average is meaningless.
const NO_CROWD = 8;

/**
 * Uses the same target for the same key: each target computes a number from key and name, and the highest wins
 * (rendezvous hashing, Thaler and Ravishankar; weighted as by Schindelhauer and Schomaker). A removed target gives away
 * its own keys and moves no others. An overloaded one gives way to the next (Mirrokni et al., "Consistent Hashing with
 * Bounded Loads").
 */
export class Rendezvous implements LoadBalancingPolicy {
  readonly #keyOf: KeyOf;
  readonly #keyless: LoadBalancingPolicy;

  /** @param keyless chooses for requests without a key. */
  constructor(keyOf: KeyOf, keyless: LoadBalancingPolicy) {
    this.#keyOf = keyOf;
    this.#keyless = keyless;
  }

  choose(targets: readonly TargetState[], x: Exchange, now: number): TargetState | undefined {
    const key = this.#keyOf(x);
    if (key === undefined) return this.#keyless.choose(targets, x, now);
    const hash = fingerprint(key);
    const perWeight = maxPerWeight(targets);
    let best: TargetState | undefined;
    let highest = 0;
    for (const target of targets) {
      if (target.inFlight >= Math.max(NO_CROWD, Math.ceil(perWeight * target.effective))) continue;
      const score = -target.effective / Math.log(unitOf(hash ^ target.seed));
      if (score <= highest) continue;
      best = target;
      highest = score;
    }
    // Not every target can be above the average, so one was found.
    return best;
  }
}

function maxPerWeight(targets: readonly TargetState[]): number {
  let inFlight = 1;
  let weight = 0;
  for (const target of targets) {
    inFlight += target.inFlight;
    weight += target.effective;
  }
  return (MAX_LOAD * inFlight) / weight;
}
