import type { Exchange } from '../../core/exchange.ts';
import type { Clock } from '../../core/ports/clock.ts';

const MIN_MS = 25;
const MAX_MS = 250;

/**
 * The delay of an attempt: none for the second one, which goes to another target; random for later ones ("full jitter",
 * Brooker), so that calls that failed together do not return together.
 */
export function backoffMs(number: number, chance: () => number): number {
  return number <= 2 ? 0 : MIN_MS + chance() * (MAX_MS - MIN_MS);
}

/** Waits, and resolves at once if the exchange is cancelled. */
export function pause(x: Exchange, ms: number, clock: Clock): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise(resolve => {
    const over = (): void => {
      timer.cancel();
      x.cancellation.offCancel(over);
      resolve();
    };
    const timer = clock.after(ms, over);
    x.cancellation.onCancel(over);
  });
}
