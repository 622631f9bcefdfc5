import type { Clock } from '../../core/ports/clock.ts';

/**
 * The time in which a request waits for others: backends, permits, pauses. Overlapping times count once. The rest is
 * the gateway's own. Times are those of `Clock.exact`.
 */
export class WaitingTime {
  readonly #clock: Clock;
  #open: number;
  #since: number;
  #ms: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#open = 0;
    this.#since = 0;
    this.#ms = 0;
  }

  now(): number {
    return this.#clock.exact();
  }

  /** @returns the current time. */
  begin(): number {
    const now = this.#clock.exact();
    if (this.#open === 0) this.#since = now;
    this.#open++;
    return now;
  }

  /** @returns the current time. */
  end(): number {
    const now = this.#clock.exact();
    this.#open--;
    if (this.#open === 0) this.#ms += now - this.#since;
    return now;
  }

  /** The milliseconds until then. @param now not before the last call. */
  until(now: number): number {
    return this.#open === 0 ? this.#ms : this.#ms + now - this.#since;
  }
}
