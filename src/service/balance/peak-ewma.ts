const TAU_MS = 10_000;
// The clock has whole milliseconds, and a response always takes some time: 0 means that there was no call.
const MIN_MS = 0.5;
/**
 * What a failure costs at least: a target that fails at once would look like the fastest one, and draw what it breaks.
 */
const FAILURE_MS = 1_000;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * How long a target takes, as a peak: a longer time counts at once, a shorter one little by little, and without calls
 * it fades, so that a target that was slow once is tried again. After Finagle's PeakEwma.
 */
export class PeakEwma {
  #ms = 0;
  #at = 0;
  #failedAt = NEVER;

  observe(ms: number, at: number): void {
    // One success ends what failures cost beyond their time: a target that works on is not to be kept from working by
    // one broken connection.
    this.#failedAt = NEVER;
    const observed = Math.max(ms, MIN_MS);
    const known = this.#ms;
    if (observed >= known) this.#ms = observed;
    else if (at > this.#at) this.#ms = observed + (known - observed) * Math.exp((this.#at - at) / TAU_MS);
    if (at > this.#at) this.#at = at;
  }

  /** A failure in no time says nothing of how long a response takes; one that took long does. */
  failed(ms: number, at: number): void {
    if (ms > this.at(at)) this.observe(ms, at);
    this.#failedAt = at;
  }

  /** As if it had had no calls yet. */
  forget(): void {
    this.#ms = 0;
    this.#failedAt = NEVER;
  }

  /** In milliseconds; 0 where there were no calls, or only long ago. */
  at(now: number): number {
    const ms = now > this.#at ? this.#ms * Math.exp((this.#at - now) / TAU_MS) : this.#ms;
    return this.#failedAt === NEVER ? ms : Math.max(ms, FAILURE_MS * Math.exp((this.#failedAt - now) / TAU_MS));
  }
}
