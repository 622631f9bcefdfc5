import { afterShared, type Clock, type Timer } from './ports/clock.ts';

/** A timer that fires later than this, in milliseconds, shows that the process was blocked. */
export const STALL_MS = 50;

/**
 * Fires after the given time in which this process could have received a response. After a blocked event loop or a
 * suspended host, pending input is processed first and the timer is extended, to at most twice the time.
 */
export class StallTolerantTimer implements Timer {
  readonly #clock: Clock;
  readonly #call: () => void;
  #left: number;
  #timer: Timer;

  constructor(clock: Clock, ms: number, call: () => void) {
    this.#clock = clock;
    this.#call = call;
    this.#left = ms;
    this.#timer = afterShared(clock, ms, lateMs => this.#due(lateMs));
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #due(lateMs: number): void {
    const back = Math.min(lateMs, this.#left);
    if (lateMs < STALL_MS || back <= 0) {
      this.#call();
      return;
    }
    this.#left -= back;
    const dueAt = this.#clock.now() + back;
    // The length of this wait is its own, so it shares no timer.
    this.#timer = this.#clock.after(back, () => this.#due(this.#clock.now() - dueAt));
  }
}
