import type { CallOutcome } from '../call-outcome.ts';
import type { Exchange } from '../exchange.ts';

/** How much a call matters when not all may start; the first matters most. */
export const PRIORITIES = ['critical', 'default', 'prefetch', 'bulk'] as const;

export type Priority = (typeof PRIORITIES)[number];

/**
 * `open` and `trial` refuse no call; `trial` tests whether fewer concurrent calls are faster; `held` is the limit after
 * that proof.
 */
export const LIMIT_MODES = ['open', 'trial', 'held'] as const;

export type LimitMode = (typeof LIMIT_MODES)[number];

/**
 * Why a call was refused: the limit holds, too many wait, its time passed while it waited, there are as many streams as
 * may be, or this process cannot keep up.
 */
export type RefusalReason = 'limit' | 'queue_full' | 'deadline' | 'streams' | 'event_loop';

/** What is known of a service, for the process that comes next. */
export interface LearnedLimit {
  /** What its calls take when they do not wait for one another: the geometric mean of the times to head. */
  readonly usualMs: number;
  /** The arithmetic mean. */
  readonly meanMs: number;
  /** Responses a millisecond, the most of late. */
  readonly rate: number;
  /** Whether it was proven to have too much to do. */
  readonly held: boolean;
}

/** What a call showed about its service, reported at the response headers. */
export interface Sample {
  readonly finding: CallOutcome;
  readonly headersMs: number;
  /** When the head came or the call failed, on the clock that `headMs` was measured by. */
  readonly at: number;
}

/**
 * Leave to have one call in flight. Settled at the head, released at the body's end: a streamed reply still occupies
 * the backend.
 */
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
   * A permit at once, or later where one comes free in time.
   * @param priority what the call site says; the request itself can only lower it.
   * @throws GatewayError `limit.shed`, one of a few made once, when no more may start; as a rejection when it has
   * waited in vain.
   */
  acquire(x: Exchange, priority: Priority): Permit | Promise<Permit>;
  /** A permit for a call that is not needed, such as a hedge: only where there is plenty of room. */
  release(): Permit | undefined;
  /** A call site of this priority exists. The highest there is may use the whole limit. */
  serves(priority: Priority): void;
  readonly inFlight: number;
  readonly streams: number;
  /** How many calls wait for a permit. */
  readonly waiting: number;
  /** How many calls may be in flight at this moment. */
  readonly limit: number;
  readonly mode: LimitMode;
  /** What it knows of the service; undefined where that is nothing. */
  readonly learned: LearnedLimit | undefined;
  /** How many were refused so far, and why. */
  readonly shed: Readonly<Record<Priority, Readonly<Record<RefusalReason, number>>>>;
}

/** How hard-pressed this process itself is. */
export interface Pressure {
  /** So many classes are refused, from the last one up: 0 none, 3 all but `critical`. */
  readonly level: number;
}
