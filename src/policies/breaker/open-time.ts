/** In milliseconds. */
export interface OpenTimes {
  readonly resetMs: number;
  /** What the time grows to; not less than `resetMs`. */
  readonly maxResetTimeoutMs: number;
}

/** Processes that opened in the same moment do not all probe in the same moment. */
const JITTER = 0.2;

/**
 * How long a circuit stays open after so many failed probes in a row: twice as long after each, give or take a fifth.
 */
export function openMs(
  { resetMs, maxResetTimeoutMs: resetMaxMs }: OpenTimes,
  failedProbes: number,
  chance: () => number,
): number {
  const ms = Math.min(resetMs * 2 ** failedProbes, resetMaxMs);
  return Math.round(ms * (1 + JITTER * (2 * chance() - 1)));
}
