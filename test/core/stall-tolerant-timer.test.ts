import { expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/clock.ts';
import { StallTolerantTimer } from '../../src/core/stall-tolerant-timer.ts';

/** A clock whose timers fire late, as after a blocked event loop. */
class StandingClock implements Clock {
  time = 0;
  #due: (() => void) | undefined;
  #at = 0;

  now(): number {
    return this.time;
  }

  exact(): number {
    return this.time;
  }

  wall(): number {
    return this.time;
  }

  after(ms: number, call: () => void) {
    this.#at = this.time + ms;
    this.#due = call;
    return {
      cancel: () => {
        this.#due = undefined;
      },
    };
  }

  /** Fires the timers that are due, that much too late. @returns whether there was any. */
  comeLate(ms: number): boolean {
    const due = this.#due;
    this.#due = undefined;
    this.time = this.#at + ms;
    due?.();
    return due !== undefined;
  }
}

function bench(ms: number) {
  const clock = new StandingClock();
  const calls: number[] = [];
  const timer = new StallTolerantTimer(clock, ms, () => calls.push(clock.time));
  return { clock, calls, timer };
}

it('fires in time, and after the usual delay of an event loop', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(49);
  expect(calls).toEqual([249]);
});

it('extends by the time in which the process was blocked', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(120);
  expect(calls).toEqual([]);
  clock.comeLate(0);
  expect(calls).toEqual([440]);
});

it('extends by no more than its own duration', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(10_000);
  expect(calls).toEqual([]);
  clock.comeLate(10_000);
  expect(calls).toHaveLength(1);
});

it('does not fire once it is cancelled', () => {
  const { clock, calls, timer } = bench(200);
  clock.comeLate(100);
  timer.cancel();
  expect(clock.comeLate(0)).toBe(false);
  expect(calls).toEqual([]);
});
