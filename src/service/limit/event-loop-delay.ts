import type { Pressure } from '../../core/ports/limiter.ts';

const TICK_MS = 20;
const WINDOW_MS = 100;
/** So many windows in a row make a delay a standing one. */
const STANDING = 3;
/** With the event loop later than this, bulk is refused; then prefetch, too; then all but the critical. */
const LEVELS_MS = [50, 100, 200] as const;

/**
 * How late this process's event loop stays by its own work: the least delay of three tenths of a second, as CoDel
 * judges a queue. A loop that stood still for a moment catches up, and its least delay is none; an overloaded one is
 * late at every turn, and what waits in sockets behind it is more than can be handled in time, whatever the backends
 * bear. Time in which the thread did not get the CPU (a quota, a suspended host) is not counted: no call is refused for
 * it.
 *
 * A timer of its own, since Node's `monitorEventLoopDelay` loses the delay that follows its reset: of turns of 120 ms
 * it measures none.
 */
export class EventLoopDelay implements Pressure {
  level = 0;
  /** The least delay of each of the latest windows. */
  readonly #minMs: number[] = Array(STANDING).fill(0);
  #windowMs = Number.POSITIVE_INFINITY;
  #windowEndsAt = performance.now() + WINDOW_MS;
  #timer = this.#wait();

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

/** How long this thread has been at work so far. */
function busyMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export function levelOf(lateMs: number): number {
  return LEVELS_MS.filter(max => lateMs > max).length;
}
