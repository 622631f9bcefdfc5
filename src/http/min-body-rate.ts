import type { Clock, Timer } from '../core/ports/clock.ts';

/** The minimum rate of a body. */
export interface MinBodyRate {
  readonly clock: Clock;
  /** In bytes. */
  readonly perSecond: number;
}

const WINDOW_MS = 10_000;

/**
 * Measures the rate of a body over windows in which it was read, since waiting for a slow reader is not the sender's
 * fault.
 */
export class RateWatch {
  readonly #rate: MinBodyRate;
  readonly #tooSlow: () => void;
  #timer: Timer | undefined;
  #bytes = 0;
  #pausedAt: number | undefined;
  #pausedMs = 0;

  constructor(rate: MinBodyRate, tooSlow: () => void) {
    this.#rate = rate;
    this.#tooSlow = tooSlow;
    this.#wait(WINDOW_MS);
  }

  count(bytes: number): void {
    this.#bytes += bytes;
  }

  pause(): void {
    this.#pausedAt ??= this.#rate.clock.now();
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#pausedMs += this.#rate.clock.now() - this.#pausedAt;
    this.#pausedAt = undefined;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wait(ms: number): void {
    this.#timer = this.#rate.clock.after(ms, () => this.#look());
  }

  #look(): void {
    const waiting = this.#pausedAt !== undefined;
    this.resume();
    if (waiting) this.pause();
    const missing = this.#pausedMs;
    this.#pausedMs = 0;
    if (missing > 0) {
      this.#wait(Math.min(missing, WINDOW_MS));
      return;
    }
    if (this.#bytes < (this.#rate.perSecond * WINDOW_MS) / 1_000) {
      this.#tooSlow();
      return;
    }
    this.#bytes = 0;
    this.#wait(WINDOW_MS);
  }
}
