import type { Exchange } from '../../../core/exchange.ts';
import type { Clock } from '../../../core/ports/clock.ts';

/**
 * How long a request may wait for the fetch of another process: half of the time of its own call. The other half is for
 * that call, because the process that fetches may hang while its backend is healthy.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #ms: number;

  /** @param callMs the time limit of the call in milliseconds; undefined for none. */
  constructor(clock: Clock, callMs: number | undefined) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#ms = callMs === undefined ? Number.POSITIVE_INFINITY : callMs / 2;
  }

  /** In milliseconds; 0 or less if none is left. */
  leftMs(): number {
    return this.#startedAt + this.#ms - this.#clock.now();
  }

  /** The request for a call whose time has begun with the wait. */
  continued(request: Exchange): Exchange {
    const timeouts = { connectMs: undefined, idleMs: undefined, deadlineAt: undefined, ...request.timeouts };
    return request.with({ timeouts: { ...timeouts, startedAt: this.#startedAt } });
  }
}
