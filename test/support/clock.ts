import { type Clock, systemClock, type Timer } from '../../src/core/ports/clock.ts';

interface Pending {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that the test advances. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  /** The offset of the wall clock to the monotonic clock. */
  stepped = 0;
  readonly #pending = new Set<Pending>();

  now(): number {
    return this.#now;
  }

  exact(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.stepped;
  }

  after(ms: number, call: () => void): Timer {
    const pending = { at: this.#now + ms, call };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** The number of active timers; a finished stage leaves none. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Blocks the process for that time: timers that fall due meanwhile fire late. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Advances the time and fires every due timer in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#pending].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = until;
  }
}

/**
 * The system's clock with time limits of two seconds at least: on a busy computer a real Redis may need longer than the
 * 30 ms that a request waits for it, and a test of what it stores is no test of that limit.
 */
export const patientClock: Clock = {
  ...systemClock,
  afterShared: (ms, call) =>
    systemClock.afterShared?.(Math.max(ms, 2_000), call) ?? systemClock.after(ms, () => call(0)),
};

/** The system's clock, whose wall clock the test moves. */
export class SteppedClock implements Clock {
  stepMs = 0;

  now(): number {
    return systemClock.now();
  }

  exact(): number {
    return systemClock.exact();
  }

  wall(): number {
    return systemClock.wall() + this.stepMs;
  }

  after(ms: number, call: () => void): Timer {
    return systemClock.after(ms, call);
  }
}
