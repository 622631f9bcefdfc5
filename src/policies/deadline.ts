import type { Body, StreamBody } from '../core/body.ts';
import type { Cancellation } from '../core/cancellation.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { mapResult } from '../core/map-result.ts';
import type { Clock, Timer } from '../core/ports/clock.ts';
import type { Reply } from '../core/reply.ts';
import { StallTolerantTimer } from '../core/stall-tolerant-timer.ts';

/** In milliseconds; undefined means no limit. */
export interface Deadlines {
  readonly connectMs: number | undefined;
  readonly headersMs: number | undefined;
  readonly idleMs: number | undefined;
  readonly totalMs: number | undefined;
}

/**
 * Limits the time of a call. One cancellation per call; each limit cancels it with its own failure as the reason. Inner
 * stages end when it is cancelled (`core/abortable.ts` ensures it for those that would not by themselves). A response
 * that is read before it is sent (a part, an aggregate, a handler) is limited as a whole, since its reply exists only
 * then.
 */
export function deadline(limits: Deadlines, clock: Clock, who: string): Stage {
  const { connectMs, idleMs } = limits;
  return next => x => {
    const call = new BoundedCall(x, clock, who);
    const timeouts = { connectMs, idleMs, deadlineAt: endOf(x, limits, clock) };
    return mapResult(
      bounded => {
        const reply = next(bounded);
        // A complete response that is available at once needs no timer.
        if (reply instanceof Promise || reply.body.kind === 'stream' || reply.body.kind === 'tunnel')
          call.watch(limits);
        return reply;
      },
      x.within(call.cancellation, timeouts),
      reply => call.arrived(reply),
      failure => {
        call.finish();
        throw failure;
      },
    );
  };
}

/** The deadline of the response headers; undefined if it is not known yet because of an upload. */
function endOf(x: Exchange, { headersMs, totalMs }: Deadlines, clock: Clock): number | undefined {
  const head = x.body.kind === 'stream' ? undefined : headersMs;
  const ms = Math.min(head ?? Number.POSITIVE_INFINITY, totalMs ?? Number.POSITIVE_INFINITY);
  // The deadline of a part is at most that of its route.
  const end = Math.min(clock.now() + ms, x.timeouts?.deadlineAt ?? Number.POSITIVE_INFINITY);
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

class BoundedCall {
  readonly cancellation: Cancellation;
  readonly #upload: Body;
  readonly #clock: Clock;
  readonly #who: string;
  #headTimer: Timer | undefined;
  #totalTimer: Timer | undefined;
  #arrived = false;

  constructor(x: Exchange, clock: Clock, who: string) {
    this.cancellation = x.cancellation.child();
    this.#upload = x.body;
    this.#clock = clock;
    this.#who = who;
  }

  watch({ headersMs, totalMs }: Deadlines): void {
    if (headersMs !== undefined) {
      this.#waitForHead(headersMs);
      if (this.#upload.kind === 'stream') this.#waitAgainAfter(this.#upload, headersMs);
    }
    if (totalMs !== undefined)
      this.#totalTimer = new StallTolerantTimer(this.#clock, totalMs, () => this.#expire(totalMs));
  }

  arrived(reply: Reply): Reply {
    const { body } = reply;
    this.#arrived = true;
    this.#headTimer?.cancel();
    if (reply.longLived === true) this.#totalTimer?.cancel();
    if (body.kind === 'stream' || body.kind === 'tunnel') body.onEnd(() => this.finish());
    else this.finish();
    return reply;
  }

  finish(): void {
    this.#arrived = true;
    this.#headTimer?.cancel();
    this.#totalTimer?.cancel();
    this.cancellation.finish();
  }

  /** A backend cannot respond to an incomplete request, so its time starts at the last byte of the upload. */
  #waitAgainAfter(upload: StreamBody, headersMs: number): void {
    upload.onEnd(end => {
      if (this.#arrived || end !== 'complete') return;
      this.#headTimer?.cancel();
      this.#waitForHead(headersMs);
    });
  }

  #waitForHead(headersMs: number): void {
    const before = passedOf(this.#upload);
    this.#headTimer = new StallTolerantTimer(this.#clock, headersMs, () => {
      // The HTTP server handles a client that stops in the middle of its upload, since the backend does not have the
      // request yet.
      if (passedOf(this.#upload) === before && !isStarved(this.#upload)) this.#expire(headersMs);
      else this.#waitForHead(headersMs);
    });
  }

  #expire(ms: number): void {
    const reason = isStarved(this.#upload)
      ? new GatewayError('request.timeout', `The body did not come within ${ms} ms`)
      : new GatewayError('upstream.timeout', `${this.#who} did not respond within ${ms} ms`);
    this.cancellation.cancel(reason);
  }
}

function isStarved(body: Body): boolean {
  return body.kind === 'stream' && body.starved === true;
}

function passedOf(body: Body): number {
  return body.kind === 'stream' ? body.passed : 0;
}
