const TAU_MS = 10_000;
// The clock has whole milliseconds and a response takes some time, so 0 means no call.
const MIN_MS = 0.5;
/**
 * Minimum cost of a failure: a target that fails at once would look like the fastest and attract the calls that it
 * fails.
 */
const FAILURE_MS = 1_000;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The latency of a target as a peak: a longer time counts at once, a shorter one gradually, and without calls it
 * decays, so that a slow target is tried again. After Finagle's PeakEwma.
 */
export class PeakEwma {
  #ms = 0;
  #at = 0;
  #failedAt = NEVER;

  observe(ms: number, at: number): void {
    // One success ends the extra cost of failures, so that one broken connection does not exclude a working target.
    this.#failedAt = NEVER;
    const observed = Math.max(ms, MIN_MS);
    const known = this.#ms;
    if (observed >= known) this.#ms = observed;
    else if (at > this.#at) this.#ms = observed + (known - observed) * Math.exp((this.#at - at) / TAU_MS);
    if (at > this.#at) this.#at = at;
  }

  /** The time of a fast failure says nothing about latency; that of a slow one does. */
  failed(ms: number, at: number): void {
    if (ms > this.at(at)) this.observe(ms, at);
    this.#failedAt = at;
  }

  /** Resets to the state before any call. */
  forget(): void {
    this.#ms = 0;
    this.#failedAt = NEVER;
  }

  /** In milliseconds; 0 without recent calls. */
  at(now: number): number {
    const ms = now > this.#at ? this.#ms * Math.exp((this.#at - now) / TAU_MS) : this.#ms;
    return this.#failedAt === NEVER ? ms : Math.max(ms, FAILURE_MS * Math.exp((this.#failedAt - now) / TAU_MS));
  }
}
