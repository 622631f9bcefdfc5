import { type Body, isOver, whenEnded } from '../../core/body.ts';
import { type CallOutcome, callOutcomeOf } from '../../core/call-outcome.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, type GatewayError } from '../../core/failure.ts';
import type { Stage } from '../../core/handler.ts';
import { type ResultReceiver, receiveResult } from '../../core/map-result.ts';
import { afterShared, type Clock } from '../../core/ports/clock.ts';
import type { Limiter, Permit, Priority } from '../../core/ports/limiter.ts';
import type { Reply } from '../../core/reply.ts';
import { UploadEnd } from '../../core/upload-end.ts';

/** A reply that is still arriving this long after its headers counts as a stream instead of a call. */
const LONG_LIVED_AFTER_MS = 1_000;

/**
 * Admits calls to a service. The permit is returned on every path: a failure, the end of the body, a client that
 * disconnected.
 */
export function limit(limiter: Limiter, clock: Clock, priority: Priority): Stage {
  limiter.serves(priority);
  return next => {
    const run = (x: Exchange, permit: Permit): Reply | Promise<Reply> =>
      receiveResult(next, x, new AdmittedCall(x, permit, clock));
    return x => {
      let permit: Permit | Promise<Permit>;
      try {
        permit = limiter.acquire(x, priority);
      } catch (refusal) {
        x.journal?.shed();
        throw refusal;
      }
      if (!(permit instanceof Promise)) return run(x, permit);
      x.journal?.queued();
      return permit.then(
        granted => {
          x.journal?.admitted();
          return run(x, granted);
        },
        (refusal: unknown) => {
          // A client that left while its call waited was not refused.
          if (asFailure(refusal).code === 'client.gone') x.journal?.admitted();
          else x.journal?.shed();
          throw refusal;
        },
      );
    };
  };
}

/** A call that holds a permit. */
class AdmittedCall implements ResultReceiver {
  readonly #permit: Permit;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #upload: UploadEnd | undefined;

  constructor(x: Exchange, permit: Permit, clock: Clock) {
    this.#permit = permit;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#upload = x.body.kind === 'stream' ? new UploadEnd(x.body, clock) : undefined;
  }

  replied(reply: Reply): Reply {
    this.#settle(callOutcomeOf(reply.status));
    const { body } = reply;
    if (isOver(body)) this.#permit.release();
    else this.#hold(body, reply.longLived === true);
    return reply;
  }

  failed(failure: GatewayError): never {
    this.#settle(failure.finding);
    this.#permit.release();
    throw failure;
  }

  #settle(finding: CallOutcome): void {
    const at = this.#clock.now();
    this.#permit.settle({ finding, headersMs: at - (this.#upload?.at ?? this.#startedAt), at });
  }

  #hold(body: Body, isLongLived: boolean): void {
    const permit = this.#permit;
    if (isLongLived) permit.stream();
    const timer = isLongLived ? undefined : afterShared(this.#clock, LONG_LIVED_AFTER_MS, () => permit.stream());
    whenEnded(body, () => {
      timer?.cancel();
      permit.release();
    });
  }
}
