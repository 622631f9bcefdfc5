import type { CallOutcome } from '../call-outcome.ts';
import type { Exchange } from '../exchange.ts';

/** The priorities of calls under overload, highest first. */
export const PRIORITIES = ['critical', 'default', 'prefetch', 'bulk'] as const;

export type Priority = (typeof PRIORITIES)[number];

/**
 * `open` and `trial` reject no call; `trial` tests whether fewer concurrent calls are faster; `held` limits calls after
 * that evidence.
 */
export const LIMIT_MODES = ['open', 'trial', 'held'] as const;

export type LimitMode = (typeof LIMIT_MODES)[number];

/**
 * Why a call was rejected: the limit, a full queue, a deadline that passed in the queue, too many streams, or an
 * overloaded process.
 */
export type RefusalReason = 'limit' | 'queue_full' | 'deadline' | 'streams' | 'event_loop';

/** The state of a limit for the next process. */
export interface LearnedLimit {
  /** The geometric mean of the times to response headers without queueing. */
  readonly usualMs: number;
  /** The arithmetic mean of the same times. */
  readonly meanMs: number;
  /** The recent maximum of responses per millisecond. */
  readonly rate: number;
  /** Whether there was evidence of overload. */
  readonly held: boolean;
}

/** The result of a call for the limiter, reported at the response headers. */
export interface Sample {
  readonly finding: CallOutcome;
  readonly headersMs: number;
  /** The time of the response headers or the failure, on the monotonic clock. */
  readonly at: number;
}

/**
 * Permission for one call in flight. Settled at the response headers and released at the end of the body, because a
 * streamed reply still occupies the backend.
 */
export interface Permit {
  settle(sample: Sample): void;
  /** The reply is long-lived (an event stream, a tunnel), so it counts as a stream instead of a call. */
  stream(): void;
  /** Returns the permit; a second release has no effect. */
  release(): void;
}

/** Admits calls. One limiter per service, shared by every route. */
export interface Limiter {
  /**
   * A permit at once, or later when one is released in time.
   * @param priority of the call site; the request itself can only lower it.
   * @throws GatewayError `limit.shed`, one of a few shared errors, if the call is rejected; as a rejection after a
   * wait.
   */
  acquire(x: Exchange, priority: Priority): Permit | Promise<Permit>;
  /** A permit for an optional call such as a hedge, only while there is plenty of room. */
  release(): Permit | undefined;
  /** Registers the priority of a call site. The highest one may use the whole limit. */
  serves(priority: Priority): void;
  readonly inFlight: number;
  readonly streams: number;
  /** The number of calls that wait for a permit. */
  readonly waiting: number;
  /** The current maximum of calls in flight. */
  readonly limit: number;
  readonly mode: LimitMode;
  /** The learned limit; undefined if nothing is known. */
  readonly learned: LearnedLimit | undefined;
  /** The number of rejected calls so far, by priority and reason. */
  readonly shed: Readonly<Record<Priority, Readonly<Record<RefusalReason, number>>>>;
}

/** The load of this process itself. */
export interface Pressure {
  /** The number of rejected priorities, from the lowest up: 0 none, 3 all but `critical`. */
  readonly level: number;
}
