import type { Exchange } from '../../core/exchange.ts';
import type { Choice } from './choice.ts';
import { fingerprint, unitOf } from './fingerprint.ts';
import type { KeyOf } from './key.ts';
import type { Machine } from './machine.ts';

/** How far a machine may be above the average before its requests go to the next one. */
const MOST_LOAD = 1.25;
// A browser sends several requests at once: where next to nothing is in flight, the average says nothing of a crowd.
const NO_CROWD = 8;

/**
 * The same machine for the same key: each machine draws a number from key and name, and the highest wins (rendezvous hashing, Thaler and
 * Ravishankar; weighted as Schindelhauer and Schomaker have it). A machine that leaves gives away its own keys and moves no others. One that is
 * crowded gives way to the next (Mirrokni et al., "Consistent Hashing with Bounded Loads").
 */
export class Rendezvous implements Choice {
  readonly #keyOf: KeyOf;
  readonly #keyless: Choice;

  /** @param keyless chooses for requests without the key. */
  constructor(keyOf: KeyOf, keyless: Choice) {
    this.#keyOf = keyOf;
    this.#keyless = keyless;
  }

  choose(machines: readonly Machine[], x: Exchange, now: number): Machine | undefined {
    const key = this.#keyOf(x);
    if (key === undefined) return this.#keyless.choose(machines, x, now);
    const hash = fingerprint(key);
    const perWeight = mostPerWeight(machines);
    let best: Machine | undefined;
    let highest = 0;
    for (const machine of machines) {
      if (machine.inFlight >= Math.max(NO_CROWD, Math.ceil(perWeight * machine.effective))) continue;
      const score = -machine.effective / Math.log(unitOf(hash ^ machine.seed));
      if (score <= highest) continue;
      best = machine;
      highest = score;
    }
    // Not all of them can have more than the average: there is one.
    return best;
  }
}

function mostPerWeight(machines: readonly Machine[]): number {
  let inFlight = 1;
  let weight = 0;
  for (const machine of machines) {
    inFlight += machine.inFlight;
    weight += machine.effective;
  }
  return (MOST_LOAD * inFlight) / weight;
}
