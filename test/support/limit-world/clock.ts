import type { Clock, Timer } from '../../../src/core/ports/clock.ts';
import { Heap } from './heap.ts';

interface Pending {
  readonly at: number;
  call: (() => void) | undefined;
}

/** The clock of a simulation: timers fire when the simulation reaches them. */
export class VirtualClock implements Clock {
  time = 1_000_000;
  readonly #timers = new Heap<Pending>();

  // The gateway's clock has whole milliseconds.
  now(): number {
    return Math.floor(this.time);
  }

  exact(): number {
    return this.time;
  }

  wall(): number {
    return this.now();
  }

  after(ms: number, call: () => void): Timer {
    const pending: Pending = { at: this.time + Math.max(ms, 1), call };
    this.#timers.add(pending);
    return {
      cancel: () => {
        pending.call = undefined;
      },
    };
  }

  get nextAt(): number {
    while (this.#timers.first !== undefined && this.#timers.first.call === undefined) this.#timers.take();
    return this.#timers.nextAt;
  }

  fire(): void {
    this.#timers.take()?.call?.();
  }
}
