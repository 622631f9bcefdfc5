import type { Clock, Timer } from './ports/clock.ts';

/** A timer that comes later than this, in milliseconds, tells of a process that stood still. */
export const STALL_MS = 50;

/**
 * Calls after so many milliseconds in which this process could have heard a response: where it stood still itself (a blocked event loop, a
 * suspended target), what arrived meanwhile is read before anybody is blamed, and the time is given back. Never more than twice the time.
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
    this.#timer = this.#wait(ms);
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #wait(ms: number): Timer {
    const dueAt = this.#clock.now() + ms;
    return this.#clock.after(ms, () => this.#due(this.#clock.now() - dueAt));
  }

  #due(lateMs: number): void {
    const back = Math.min(lateMs, this.#left);
    if (lateMs < STALL_MS || back <= 0) {
      this.#call();
      return;
    }
    this.#left -= back;
    this.#timer = this.#wait(back);
  }
}
