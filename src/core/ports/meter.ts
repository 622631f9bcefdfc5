import type { CallOutcomeName } from '../call-outcome.ts';
import type { LearnedLimit, LimitMode, Priority, RefusalReason } from './limiter.ts';

export type CacheResult = 'hit' | 'miss' | 'revalidated' | 'stale' | 'bypass';
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Counts what call sites did. Made per call site when routes load, so that counting looks nothing up. */
export interface CallMeter {
  cache(result: CacheResult): void;
  /** The state that its circuit has entered; each circuit has a meter of its own. */
  breaker(state: BreakerState): void;
  breakerOpened(): void;
  /** An open circuit kept a call away. */
  breakerRefused(): void;
}

export interface Meter {
  /** @param site the route's label, and for a part ` #name` behind it. */
  callSite(route: string, part: string | undefined): CallMeter;
}

/** What is stored in memory at the moment of the request. */
interface StoreReading {
  readonly bytes: number;
  readonly entries: number;
}

/** What is read when the metrics are collected. */
export interface Readings {
  services(): readonly ServiceReading[];
  store(): StoreReading;
}

/** How a service stands at the moment of the request. */
export interface ServiceReading {
  readonly service: string;
  readonly inFlight: number;
  readonly streams: number;
  /** How many calls may be in flight; infinite where nothing limits them. */
  readonly limit: number;
  readonly mode: LimitMode;
  /** What is known of its times; undefined where that is nothing. */
  readonly learned: LearnedLimit | undefined;
  /** How many calls wait for a permit. */
  readonly waiting: number;
  /** How many calls the limit refused so far, by how much they mattered, and why. */
  readonly shed: Readonly<Record<Priority, Readonly<Record<RefusalReason, number>>>>;
  /** How many were refused because every target had all that it may have. */
  readonly full: number;
  /** How many targets stand how. */
  readonly targets: Readonly<Record<TargetCondition, number>>;
  /** How often a target was ejected so far. */
  readonly ejections: number;
  /** What attempts came to so far. */
  readonly attempts: ReadonlyMap<CallOutcomeName, number>;
  readonly hedges: number;
  readonly retries: number;
  /** How many repeats the budget did not allow. */
  readonly retriesRefused: number;
  /** How many more it would allow at this moment. */
  readonly retryBudget: number;
  /**
   * How many calls were copied to another service so far, and how many were not for want of room; undefined where none
   * are.
   */
  readonly copies: { readonly sent: number; readonly dropped: number } | undefined;
}

/**
 * How a target stands: in use, or aside for what its responses showed, for what its health check showed, or by its own
 * `Retry-After`.
 */
export type TargetCondition = 'healthy' | 'ejected' | 'unhealthy' | 'backing_off';
