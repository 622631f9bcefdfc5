import type { Exchange } from '../../core/exchange.ts';
import { fingerprint, unitOf } from './fingerprint.ts';
import type { KeyOf } from './key.ts';
import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import type { TargetState } from './target-state.ts';

/** How far a target may be above the average before its requests go to the next one. */
const MAX_LOAD = 1.25;
// A browser sends several requests at once: where next to nothing is in flight, the average says nothing of a crowd.
const NO_CROWD = 8;

/**
 * The same target for the same key: each target draws a number from key and name, and the highest wins (rendezvous
 * hashing, Thaler and Ravishankar; weighted as Schindelhauer and Schomaker have it). A target that leaves gives away
 * its own keys and moves no others. One that is crowded gives way to the next (Mirrokni et al., "Consistent Hashing
 * with Bounded Loads").
 */
export class Rendezvous implements LoadBalancingPolicy {
  readonly #keyOf: KeyOf;
  readonly #keyless: LoadBalancingPolicy;

  /** @param keyless chooses for requests without the key. */
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
    // Not all of them can have more than the average: there is one.
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
