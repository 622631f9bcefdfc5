import { type Body, isOver, type StreamBody, whenEnded } from '../core/body.ts';
import { Cancellation } from '../core/cancellation.ts';
import type { CallTimeouts, Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { type ResultReceiver, receiveResult } from '../core/map-result.ts';
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
  return next => x => {
    const call = new BoundedCall(x, limits, clock, who);
    return receiveResult(next, x.within(call, call), call);
  };
}

/** What is left of the time of a call that has waited for the same call of somebody else. */
function remaining(limits: Deadlines, x: Exchange, clock: Clock): Deadlines {
  const startedAt = x.timeouts?.startedAt;
  if (startedAt === undefined) return limits;
  const spentMs = clock.now() - startedAt;
  return { ...limits, headersMs: rest(limits.headersMs, spentMs), totalMs: rest(limits.totalMs, spentMs) };
}

/** At least half, since the limit may not have been known during the wait. */
function rest(ms: number | undefined, spentMs: number): number | undefined {
  return ms && Math.ceil(Math.max(ms / 2, ms - spentMs));
}

/** The deadline of the response headers; undefined if it is not known yet because of an upload. */
function endOf(x: Exchange, { headersMs, totalMs }: Deadlines, clock: Clock): number | undefined {
  const head = x.body.kind === 'stream' ? undefined : headersMs;
  const ms = Math.min(head ?? Number.POSITIVE_INFINITY, totalMs ?? Number.POSITIVE_INFINITY);
  // The deadline of a part is at most that of its route.
  const end = Math.min(clock.now() + ms, x.timeouts?.deadlineAt ?? Number.POSITIVE_INFINITY);
  return end === Number.POSITIVE_INFINITY ? undefined : end;
}

/** One object for a call: its cancellation, its timeouts for inner stages, and the receiver of its result. */
class BoundedCall extends Cancellation implements CallTimeouts, ResultReceiver {
  readonly deadlineAt: number | undefined;
  readonly #limits: Deadlines;
  readonly #upload: Body;
  readonly #clock: Clock;
  readonly #who: string;
  #headTimer: Timer | undefined;
  #totalTimer: Timer | undefined;
  #arrived = false;

  constructor(x: Exchange, limits: Deadlines, clock: Clock, who: string) {
    super(x.cancellation);
    this.#limits = remaining(limits, x, clock);
    this.deadlineAt = endOf(x, this.#limits, clock);
    this.#upload = x.body;
    this.#clock = clock;
    this.#who = who;
  }

  get connectMs(): number | undefined {
    return this.#limits.connectMs;
  }

  get idleMs(): number | undefined {
    return this.#limits.idleMs;
  }

  waits(): void {
    const { headersMs } = this.#limits;
    if (headersMs !== undefined) {
      this.#waitForHead(headersMs);
      if (this.#upload.kind === 'stream') this.#waitAgainAfter(this.#upload, headersMs);
    }
    this.#waitForEnd();
  }

  replied(reply: Reply): Reply {
    const { body } = reply;
    this.#arrived = true;
    this.#headTimer?.cancel();
    if (isOver(body)) this.#end();
    else this.#follow(body, reply.longLived === true);
    return reply;
  }

  failed(failure: GatewayError): never {
    this.#end();
    throw failure;
  }

  #follow(body: Body, isLongLived: boolean): void {
    if (isLongLived) this.#totalTimer?.cancel();
    // A reply that came at once has no timer yet.
    else if (this.#totalTimer === undefined) this.#waitForEnd();
    whenEnded(body, () => this.#end());
  }

  #end(): void {
    this.#arrived = true;
    this.#headTimer?.cancel();
    this.#totalTimer?.cancel();
    this.finish();
  }

  #waitForEnd(): void {
    const { totalMs } = this.#limits;
    if (totalMs === undefined) return;
    this.#totalTimer = new StallTolerantTimer(this.#clock, totalMs, () => this.#expire(totalMs));
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
    this.cancel(reason);
  }
}

function isStarved(body: Body): boolean {
  return body.kind === 'stream' && body.starved === true;
}

function passedOf(body: Body): number {
  return body.kind === 'stream' ? body.passed : 0;
}
