import type { FindingName } from '../outcome.ts';
import type { Priority } from './limiter.ts';

export type CacheResult = 'hit' | 'miss' | 'revalidated' | 'stale' | 'bypass';
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Counts what call sites did. Made per call site when routes load, so that counting looks nothing up. */
export interface CallMeter {
  cache(result: CacheResult): void;
  breaker(state: BreakerState): void;
  breakerOpened(): void;
  /** An open circuit kept a call away. */
  breakerRefused(): void;
}

export interface Meter {
  /** @param site the route's label, and for a part ` #name` behind it. */
  callSite(route: string, part: string | undefined): CallMeter;
}

/** What is stored in memory at the moment of the question. */
interface StoreReading {
  readonly bytes: number;
  readonly entries: number;
}

/** What is read when somebody asks for the metrics. */
export interface Readings {
  services(): readonly ServiceReading[];
  store(): StoreReading;
}

/** How a service stands at the moment of the question. */
export interface ServiceReading {
  readonly service: string;
  readonly inFlight: number;
  readonly streams: number;
  /** How many calls may be in flight; infinite where nothing limits them. */
  readonly limit: number;
  /** How many calls wait for a permit. */
  readonly waiting: number;
  /** How many calls the limit refused so far, by how much they mattered. */
  readonly shed: Readonly<Record<Priority, number>>;
  readonly ejected: number;
  /** What attempts came to so far. */
  readonly attempts: ReadonlyMap<FindingName, number>;
  readonly hedges: number;
  readonly retries: number;
  /** How many repeats the budget did not allow. */
  readonly retriesRefused: number;
  /** How many more it would allow at this moment. */
  readonly retryBudget: number;
}
