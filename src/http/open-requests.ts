import type { Clock } from '../core/ports/clock.ts';

/**
 * How many requests are open, for a drain to wait for. A count, not a set: a set that requests enter and leave keeps tables of dead ones
 * alive from one collection to the next.
 */
export class OpenRequests {
  #count = 0;
  readonly #whenNone: (() => void)[] = [];

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  /** Resolves when none is open, or after that many milliseconds. */
  async none(graceMs: number, clock: Clock): Promise<void> {
    if (this.#count === 0) return;
    const none = new Promise<void>(resolve => this.#whenNone.push(resolve));
    const capped = Promise.withResolvers<void>();
    const timer = clock.after(graceMs, capped.resolve);
    await Promise.race([none, capped.promise]);
    timer.cancel();
  }
}
