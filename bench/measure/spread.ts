export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Of the rounds of one figure. NaN without rounds. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: medianOf(sorted), max: sorted.at(-1) ?? Number.NaN };
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [below, above] = [(values.length - 1) >> 1, values.length >> 1];
  return ((sorted[below] ?? Number.NaN) + (sorted[above] ?? Number.NaN)) / 2;
}

/** Both values of each ratio come from the same round, so that the state of the computer affects both. */
export function ratiosOf(over: readonly number[], under: readonly number[]): readonly number[] {
  const rounds = Math.min(over.length, under.length);
  return Array.from({ length: rounds }, (_, i) => (over[i] ?? Number.NaN) / (under[i] ?? Number.NaN));
}

/**
 * The value that this share of the sorted values does not exceed, by the nearest rank.
 * @param share 0.999 for p99.9.
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
