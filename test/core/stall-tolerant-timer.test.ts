import { expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/clock.ts';
import { StallTolerantTimer } from '../../src/core/stall-tolerant-timer.ts';

/** A clock whose timers come as late as a process that stood still. */
class StandingClock implements Clock {
  time = 0;
  #due: (() => void) | undefined;
  #at = 0;

  now(): number {
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

  /** Calls what is due, so much too late. @returns whether anything was. */
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

it('calls in time, and when it is late by what any event loop is', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(49);
  expect(calls).toEqual([249]);
});

it('gives back the time in which the process itself stood still', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(120);
  expect(calls).toEqual([]);
  clock.comeLate(0);
  expect(calls).toEqual([440]);
});

it('gives back no more than there was', () => {
  const { clock, calls } = bench(200);
  clock.comeLate(10_000);
  expect(calls).toEqual([]);
  clock.comeLate(10_000);
  expect(calls).toHaveLength(1);
});

it('does not call once it is cancelled', () => {
  const { clock, calls, timer } = bench(200);
  clock.comeLate(100);
  timer.cancel();
  expect(clock.comeLate(0)).toBe(false);
  expect(calls).toEqual([]);
});
