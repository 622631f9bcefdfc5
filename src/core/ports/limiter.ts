import type { Exchange } from '../exchange.ts';
import type { Finding } from '../outcome.ts';

/** How much a call matters when not all may start; the first matters most. */
export const PRIORITIES = ['critical', 'default', 'prefetch', 'bulk'] as const;

export type Priority = (typeof PRIORITIES)[number];

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
  /**
   * A permit at once, or in a moment where one comes free in time.
   * @param priority what the call site says; the request itself can only lower it.
   * @throws GatewayError `limit.shed`, one of a few made once, when no more may start; as a rejection when it has waited in vain.
   */
  acquire(x: Exchange, priority: Priority): Permit | Promise<Permit>;
  /** A permit for a call that is not needed, such as a hedge: only where there is plenty of room. */
  spare(): Permit | undefined;
  /** A call site of this priority exists. The highest there is may use the whole limit. */
  serves(priority: Priority): void;
  readonly inFlight: number;
  readonly streams: number;
  /** How many calls wait for a permit. */
  readonly waiting: number;
  /** How many calls may be in flight at this moment. */
  readonly limit: number;
  /** How many were refused so far. */
  readonly shed: Readonly<Record<Priority, number>>;
}

/** How hard-pressed this process itself is. */
export interface Pressure {
  /** So many classes are refused, from the last one up: 0 none, 3 all but `critical`. */
  readonly level: number;
}
