import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Pressure } from '../../core/ports/limiter.ts';

const WINDOW_MS = 100;
const RESOLUTION_MS = 10;
/** With the event loop later than this, bulk is refused; then prefetch, too; then all but the critical. */
const LEVELS_MS = [50, 100, 200] as const;

/**
 * How late this process's event loop is: the 99th percentile over the last tenth of a second. What waits in sockets behind a loop that
 * stood still is more than can be answered in time, whatever the backends bear.
 */
export class LoopPressure implements Pressure {
  level = 0;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>;
  readonly #timer: NodeJS.Timeout;
  #dueAt: number;

  constructor() {
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delay.enable();
    this.#dueAt = performance.now() + WINDOW_MS;
    this.#timer = setInterval(() => this.look(), WINDOW_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  private look(): void {
    const now = performance.now();
    // The histogram's own timer may be due behind this one: a pause that ends just now is known by this one's lateness.
    const p99 = this.#delay.count === 0 ? 0 : this.#delay.percentile(99) / 1e6 - RESOLUTION_MS;
    this.level = levelOf(Math.max(p99, now - this.#dueAt));
    this.#delay.reset();
    this.#dueAt = now + WINDOW_MS;
  }
}

export function levelOf(lateMs: number): number {
  return LEVELS_MS.filter(most => lateMs > most).length;
}
