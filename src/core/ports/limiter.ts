import type { Finding } from '../outcome.ts';

/** What a call showed about its service, told at the response head. */
export interface Sample {
  readonly finding: Finding;
  readonly headMs: number;
  /** When the head came or the call failed, on the clock that `headMs` was measured by. */
  readonly at: number;
}

/** Leave to have one call in flight. Settled at the head, released at the body's end: a streamed reply still occupies the backend. */
export interface Permit {
  settle(sample: Sample): void;
  /** The reply lives long (an event stream, a tunnel): it leaves the count of calls and enters that of streams. */
  stream(): void;
  /** Gives the permit back; a second release does nothing. */
  release(): void;
}

/** May one more call start? One limiter per service, shared by every route. */
export interface Limiter {
  /** @throws GatewayError `limit.shed`, one of a few made once, when no more may start. */
  acquire(): Permit;
  readonly inFlight: number;
  readonly streams: number;
  /** How many calls may be in flight at this moment. */
  readonly limit: number;
  /** How many were refused so far. */
  readonly shed: number;
}
