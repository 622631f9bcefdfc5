import type { Clock, Timer } from '../../src/core/ports/clock.ts';

interface Pending {
  readonly at: number;
  readonly call: () => void;
}

/** Time that passes when a test says so. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  /** How far the calendar was set ahead of the clock that never steps. */
  stepped = 0;
  readonly #pending = new Set<Pending>();

  now(): number {
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

  /** How many timers wait: a stage that is done leaves none. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** The process stands still for so long: timers that fall due meanwhile are called late, when time goes on. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass, calling every timer that falls due in its order. */
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
