import type { CallOutcome } from '../call-outcome.ts';
import type { Exchange } from '../exchange.ts';
import type { TargetCondition } from './meter.ts';
import type { Target } from './transport.ts';

/** One attempt at one target: a call in flight from its pick until its release. */
export interface Attempt {
  readonly target: Target;
  /** The time of its pick on the monotonic clock. */
  readonly startedAt: number;
  /**
   * Called at the response headers or an earlier failure, and again if the body fails.
   * @param headersMs the time to the response headers, or until the failure.
   * @param retryAfterMs the time from `Retry-After`; undefined without one.
   */
  report(finding: CallOutcome, headersMs: number, retryAfterMs?: number): void;
  /** The reply is long-lived (an event stream, a tunnel), so it counts as a stream instead of a call. */
  stream(): void;
  /** The response has ended, or there was none; a second release has no effect. */
  release(): void;
}

/** Chooses the target of the next attempt. */
export interface Balancer {
  /**
   * A target that was not tried before, if there is one.
   * @throws GatewayError `upstream.unresolved` if no target is known, `limit.shed` if every target is full.
   */
  pick(x: Exchange, tried: readonly Target[]): Attempt;
  /** Whether another target is available now: one that is neither ejected nor full. */
  hasOther(tried: readonly Target[]): boolean;
  targets(): readonly TargetReading[];
  /** The number of ejections so far. */
  readonly ejections: number;
  /** The number of calls rejected so far because every target was full. */
  readonly shed: number;
}

/** The current state of a target. */
export interface TargetReading {
  readonly target: Target;
  /** Canary targets get their own share of the calls. */
  readonly group: 'stable' | 'canary';
  /** Why it is not in use; undefined if it is. */
  readonly aside: Exclude<TargetCondition, 'healthy'> | undefined;
  /** Its current weight, which is reduced during a slow start. */
  readonly weight: number;
  /** The peak of its recent times to response headers; 0 without calls. */
  readonly costMs: number;
  readonly inFlight: number;
  readonly streams: number;
}
