import type { Cancellation } from '../core/cancellation.ts';
import { GatewayError } from '../core/failure.ts';
import type { Clock } from '../core/ports/clock.ts';
import { StallTolerantTimer } from '../core/stall-tolerant-timer.ts';

/** A time limit of an aggregate. */
export interface TimeLimit {
  /** In milliseconds from the start of the aggregate. */
  readonly ms: number;
  readonly clock: Clock;
}

/** When the parts that a response can do without are ended, so that they do not make all of it late. */
export type EarlyEndPolicy = TimeLimit;

/** The calls of such parts in one request. */
export class EarlyEnd {
  readonly cancellation: Cancellation;
  readonly #timer: StallTolerantTimer;

  constructor(all: Cancellation, { ms, clock }: EarlyEndPolicy) {
    this.cancellation = all.child();
    this.#timer = new StallTolerantTimer(clock, ms, () => {
      this.cancellation.cancel(new GatewayError('upstream.timeout', `A part did not respond within ${ms} ms`));
    });
  }

  finish(): void {
    this.#timer.cancel();
    this.cancellation.finish();
  }
}
