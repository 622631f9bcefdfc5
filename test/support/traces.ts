import { Chance } from './chance.ts';

/** What is asked for, and in what order: the same for the same seed. */
export interface TraceShape {
  readonly requests: number;
  /** How many things are fetched again and again. */
  readonly objects: number;
  /** How much the popular ones are preferred: the exponent of a Zipf distribution. */
  readonly skew: number;
  /** The share of requests for something that is asked for once and never again. */
  readonly onceOnly: number;
  /**
   * After so many requests the most popular one is replaced by one that nobody asked for before. 0: popularity stays.
   */
  readonly driftEvery: number;
  readonly seed: number;
}

export function* trace({ requests, objects, skew, onceOnly, driftEvery, seed }: TraceShape): Generator<string> {
  const chance = new Chance(seed);
  const shares = cumulativeShares(objects, skew);
  const names = Array.from({ length: objects }, (_, i) => i);
  let fresh = objects;
  for (let i = 0; i < requests; i++) {
    if (driftEvery > 0 && i % driftEvery === 0) names[rankAt(shares, chance.next())] = fresh++;
    yield chance.happens(onceOnly) ? `/once/${i}` : `/again/${names[rankAt(shares, chance.next())]}`;
  }
}

function cumulativeShares(objects: number, skew: number): Float64Array {
  const shares = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) shares[rank] = sum += (rank + 1) ** -skew;
  for (let rank = 0; rank < objects; rank++) shares[rank] = (shares[rank] ?? 0) / sum;
  return shares;
}

/** The first rank whose cumulative share is above the number. */
function rankAt(shares: Float64Array, share: number): number {
  let [low, high] = [0, shares.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shares[middle] ?? 1) > share) high = middle;
    else low = middle + 1;
  }
  return low;
}
