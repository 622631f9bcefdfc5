/** In milliseconds. */
export interface OpenTimes {
  readonly resetMs: number;
  /** The maximum of the time; at least `resetMs`. */
  readonly maxResetTimeoutMs: number;
}

/** Processes that opened at the same moment must not all probe at the same moment. */
const JITTER = 0.2;

/**
 * The time for which a circuit stays open after that many failed probes in a row: doubled by each, with a random
 * deviation of up to a fifth.
 */
export function openMs(
  { resetMs, maxResetTimeoutMs: resetMaxMs }: OpenTimes,
  failedProbes: number,
  chance: () => number,
): number {
  const ms = Math.min(resetMs * 2 ** failedProbes, resetMaxMs);
  return Math.round(ms * (1 + JITTER * (2 * chance() - 1)));
}
