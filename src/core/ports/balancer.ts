import type { CallOutcome } from '../call-outcome.ts';
import type { Exchange } from '../exchange.ts';
import type { TargetCondition } from './meter.ts';
import type { Target } from './transport.ts';

/** One attempt at one target: it counts as a call in flight there from its pick until its release. */
export interface Attempt {
  readonly target: Target;
  /**
   * Called at the response headers or at the failure before them, and again where the body fails behind them.
   * @param headersMs the time to the response headers, or until the failure.
   * @param retryAfterMs for how long the target wants no calls; undefined where it did not say.
   */
  report(finding: CallOutcome, headersMs: number, retryAfterMs?: number): void;
  /** The reply lives long (an event stream, a tunnel): it leaves the count of calls and enters that of streams. */
  stream(): void;
  /** The response has ended, or there was none; a second release does nothing. */
  release(): void;
}

/** Which target takes the next attempt. */
export interface Balancer {
  /**
   * A target that was not tried before, if there is any.
   * @throws GatewayError `upstream.unresolved` where no target is known, `limit.shed` where each has all the calls that
   * it may have.
   */
  pick(x: Exchange, tried: readonly Target[]): Attempt;
  /** Whether a target that was not tried would take a call at this moment: one that is neither aside nor full. */
  hasOther(tried: readonly Target[]): boolean;
  targets(): readonly TargetReading[];
  /** How often a target was ejected so far. */
  readonly ejections: number;
  /** How many calls were refused so far because every target had all that it may have. */
  readonly shed: number;
}

/** How a target stands at the moment of the request. */
export interface TargetReading {
  readonly target: Target;
  /** Canary targets get their own share of the calls. */
  readonly group: 'stable' | 'canary';
  /** Why it is ejected; undefined where it is not. */
  readonly aside: Exclude<TargetCondition, 'healthy'> | undefined;
  /** Its weight at this moment: less while it starts slowly. */
  readonly weight: number;
  /** The peak of its recent times to response headers; 0 where it had no calls. */
  readonly costMs: number;
  readonly inFlight: number;
  readonly streams: number;
}
