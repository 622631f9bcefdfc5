import { discard, whenEnded } from '../core/body.ts';
import type { Cancellation } from '../core/cancellation.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
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
 * An answer that is read before it is sent (a part, an aggregate, a handler) is bounded whole, since its reply exists only then.
 */
export function deadline(limits: Deadlines, clock: Clock, who: string): Stage {
  const timeouts = { connectMs: limits.connectMs, idleMs: limits.idleMs };
  return next => x => new Deadline(x, limits, clock, who).run(next, timeouts);
}

class Deadline {
  readonly #x: Exchange;
  readonly #limits: Deadlines;
  readonly #clock: Clock;
  readonly #who: string;
  readonly #cancellation: Cancellation;
  #headTimer: Timer | undefined;
  #totalTimer: Timer | undefined;
  #settled = false;

  constructor(x: Exchange, limits: Deadlines, clock: Clock, who: string) {
    this.#x = x;
    this.#limits = limits;
    this.#clock = clock;
    this.#who = who;
    this.#cancellation = x.cancellation.child();
  }

  run(next: Handler, timeouts: Exchange['timeouts']): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { headMs, totalMs } = this.#limits;
      if (headMs !== undefined) this.#headTimer = this.#clock.after(headMs, () => this.expire(headMs));
      if (totalMs !== undefined) this.#totalTimer = this.#clock.after(totalMs, () => this.expire(totalMs));
      // Whoever runs below may not listen (a team's own function): the client is answered in time all the same.
      this.#cancellation.onCancel(reason => this.settle(() => reject(reason)));
      // A client that has left already was heard above; nothing is worth starting for it.
      if (this.#settled) return;
      const x = this.#x.with({ cancellation: this.#cancellation, timeouts });
      settle<Reply | undefined>(
        () => next(x),
        reply => {
          if (reply !== undefined) this.arrived(reply, resolve);
          return undefined;
        },
        failure => {
          this.finish();
          this.settle(() => reject(failure));
          return undefined;
        },
      );
    });
  }

  private arrived(reply: Reply, resolve: (reply: Reply) => void): void {
    const reason = this.#cancellation.reason;
    if (this.#settled && reason !== undefined) {
      discard(reply.body, reason);
      return;
    }
    this.#headTimer?.cancel();
    if (reply.body.kind === 'tunnel' || isEventStream(reply.headers)) this.#totalTimer?.cancel();
    if (reply.body.kind === 'tunnel') reply.body.onEnd(() => this.finish());
    else whenEnded(reply.body, () => this.finish());
    this.settle(() => resolve(reply));
  }

  private settle(outcome: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    outcome();
  }

  private expire(ms: number): void {
    this.#cancellation.cancel(new GatewayError('upstream.timeout', `${this.#who} did not answer within ${ms} ms`));
  }

  private finish(): void {
    this.#headTimer?.cancel();
    this.#totalTimer?.cancel();
    this.#cancellation.finish();
  }
}
