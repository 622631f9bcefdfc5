import { Chance } from './chance.ts';

/** The requested keys in order, the same for the same seed. */
export interface TraceShape {
  readonly requests: number;
  /** The number of objects that are requested repeatedly. */
  readonly objects: number;
  /** The exponent of the Zipf distribution. */
  readonly skew: number;
  /** The share of requests for objects that are requested only once. */
  readonly onceOnly: number;
  /** After that many requests a new object replaces the most popular one. 0: popularity is stable. */
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

/** The first rank whose cumulative share exceeds the number. */
function rankAt(shares: Float64Array, share: number): number {
  let [low, high] = [0, shares.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shares[middle] ?? 1) > share) high = middle;
    else low = middle + 1;
  }
  return low;
}
