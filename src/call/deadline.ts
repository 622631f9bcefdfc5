import type { Cancellation } from '../core/cancellation.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { isEventStream } from '../core/headers/media-type.ts';
import type { Clock, Timer } from '../core/ports/clock.ts';
import type { Reply } from '../core/reply.ts';
import { settle } from '../core/settle.ts';

/** In milliseconds; undefined is no limit. */
export interface Deadlines {
  readonly connectMs: number | undefined;
  readonly headMs: number | undefined;
  readonly idleMs: number | undefined;
  readonly totalMs: number | undefined;
}

/**
 * How long may this take? One cancellation per call; each limit that passes carries its own failure as the reason.
 * What runs below ends when it is cancelled (`core/heeding.ts` makes it so where it would not by itself). An answer that is read before it
 * is sent (a part, an aggregate, a handler) is bounded whole, since its reply exists only then.
 */
export function deadline(limits: Deadlines, clock: Clock, who: string): Stage {
  const timeouts = { connectMs: limits.connectMs, idleMs: limits.idleMs };
  return next => x => {
    const call = new BoundedCall(x.cancellation.child(), limits, clock, who);
    return settle(
      () => next(x.with({ cancellation: call.cancellation, timeouts })),
      reply => call.arrived(reply),
      failure => {
        call.finish();
        throw failure;
      },
    );
  };
}

class BoundedCall {
  readonly cancellation: Cancellation;
  readonly #who: string;
  readonly #headTimer: Timer | undefined;
  readonly #totalTimer: Timer | undefined;

  constructor(cancellation: Cancellation, { headMs, totalMs }: Deadlines, clock: Clock, who: string) {
    this.cancellation = cancellation;
    this.#who = who;
    if (headMs !== undefined) this.#headTimer = clock.after(headMs, () => this.expire(headMs));
    if (totalMs !== undefined) this.#totalTimer = clock.after(totalMs, () => this.expire(totalMs));
  }

  arrived(reply: Reply): Reply {
    const { body } = reply;
    this.#headTimer?.cancel();
    if (body.kind === 'tunnel' || isEventStream(reply.headers)) this.#totalTimer?.cancel();
    if (body.kind === 'stream' || body.kind === 'tunnel') body.onEnd(() => this.finish());
    else this.finish();
    return reply;
  }

  finish(): void {
    this.#headTimer?.cancel();
    this.#totalTimer?.cancel();
    this.cancellation.finish();
  }

  private expire(ms: number): void {
    this.cancellation.cancel(new GatewayError('upstream.timeout', `${this.#who} did not answer within ${ms} ms`));
  }
}
