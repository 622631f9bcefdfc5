import type { Clock } from '../../../../core/ports/clock.ts';
import { StallTolerantTimer } from '../../../../core/stall-tolerant-timer.ts';
import { HalfOpenGate } from '../half-open-gate.ts';
import type { Session } from './link.ts';

const MAX_FAILURES = 5;
const REST_MS = 1_000;

/** Calls that a request waits for, each with a time limit. After several failures in a row, none for a while. */
export class BoundedCalls {
  readonly #session: () => Session | undefined;
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #probation = new HalfOpenGate(MAX_FAILURES, REST_MS);

  /** @param session undefined without a connection. */
  constructor(session: () => Session | undefined, clock: Clock, limitMs: number) {
    this.#session = session;
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** The result, or the default without a connection, after a failure, and after the timeout. */
  ask<Result>(request: (session: Session) => Promise<Result>, otherwise: Result): Promise<Result> {
    const session = this.#session();
    if (session === undefined || !this.#probation.mayAsk(this.#clock.now())) return Promise.resolve(otherwise);
    const { promise, resolve } = Promise.withResolvers<Result>();
    const fail = (): void => {
      this.#probation.failed(this.#clock.now());
      resolve(otherwise);
    };
    // After a block of this process, a pending response is read before the timeout counts.
    const timer = new StallTolerantTimer(this.#clock, this.#limitMs, fail);
    request(session).then(
      response => {
        timer.cancel();
        this.#probation.succeeded();
        resolve(response);
      },
      () => {
        timer.cancel();
        fail();
      },
    );
    return promise;
  }
}
