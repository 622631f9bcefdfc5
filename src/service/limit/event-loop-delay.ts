import type { Pressure } from '../../core/ports/limiter.ts';

const TICK_MS = 20;
const WINDOW_MS = 100;
/** The number of windows in a row that make a delay persistent. */
const STANDING = 3;
/** Above these delays of the event loop bulk is rejected, then prefetch too, then everything but critical. */
const LEVELS_MS = [50, 100, 200] as const;

/**
 * The persistent delay of this process's event loop by its own work: the minimum delay of three tenths of a second, as
 * CoDel judges a queue. A loop that was blocked once catches up, so its minimum delay is zero; an overloaded one is
 * late at every turn, and the data in its sockets cannot be handled in time, whatever the backends can do. Time in
 * which the thread did not get the CPU (a quota, a suspended host) is not counted, so it causes no rejections.
 *
 * It uses a timer of its own, since Node's `monitorEventLoopDelay` loses the delay after its reset: for turns of 120 ms
 * it measures none.
 */
export class EventLoopDelay implements Pressure {
  level = 0;
  /** The minimum delay of each of the latest windows. */
  readonly #minMs: number[] = Array(STANDING).fill(0);
  #windowMs = Number.POSITIVE_INFINITY;
  #windowEndsAt = performance.now() + WINDOW_MS;
  readonly #measured: (delayMs: number) => void;
  #timer: NodeJS.Timeout;

  /** @param measured receives the delay of each turn that is measured, some fifty times a second. */
  constructor(measured: (delayMs: number) => void = () => undefined) {
    this.#measured = measured;
    this.#timer = this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    const dueAt = performance.now() + TICK_MS;
    const busyBeforeMs = busyMs();
    return setTimeout(() => this.#tick(dueAt, busyBeforeMs), TICK_MS).unref();
  }

  #tick(dueAt: number, busyBeforeMs: number): void {
    const now = performance.now();
    this.#measured(Math.max(0, now - dueAt));
    this.#windowMs = Math.min(this.#windowMs, now - dueAt, busyMs() - busyBeforeMs);
    if (now >= this.#windowEndsAt) {
      this.#minMs.shift();
      this.#minMs.push(this.#windowMs);
      this.level = levelOf(Math.min(...this.#minMs));
      this.#windowMs = Number.POSITIVE_INFINITY;
      this.#windowEndsAt = now + WINDOW_MS;
    }
    this.#timer = this.#wait();
  }
}

/** The CPU-busy time of this thread so far. */
function busyMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export function levelOf(lateMs: number): number {
  return LEVELS_MS.filter(max => lateMs > max).length;
}
