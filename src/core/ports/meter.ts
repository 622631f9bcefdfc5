import type { CallOutcomeName } from '../call-outcome.ts';
import type { LearnedLimit, LimitMode, Priority, RefusalReason } from './limiter.ts';

export type CacheResult = 'hit' | 'miss' | 'revalidated' | 'stale' | 'bypass';
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Counts the results of call sites. Created per call site at load, so that counting needs no lookup. */
export interface CallMeter {
  cache(result: CacheResult): void;
  /** The new state of its circuit; each circuit has a meter of its own. */
  breaker(state: BreakerState): void;
  breakerOpened(): void;
  /** An open circuit rejected a call. */
  breakerRefused(): void;
}

/** Counts the attempts at the targets of a service. */
export interface AttemptMeter {
  /**
   * Response headers came, or a failure.
   * @param status undefined without a response. @param ms the time until then.
   */
  answered(method: string, outcome: CallOutcomeName, status: number | undefined, ms: number): void;
}

/** What recognises a user, or the reason why nobody gets through; a page that is led to the sign-in is unauthorized. */
export type AuthResult = 'session' | 'jwt' | 'api_key' | 'anonymous' | 'unauthorized' | 'forbidden';

/** Why a session ended: by its user, by the identity provider or an operator, or since a sign-in took its place. */
export type SessionEndReason = 'logout' | 'back_channel' | 'operator' | 'provider' | 'replaced';

/** How a renewal of tokens ended: with new ones, with the end of the session, or without a response. */
export type RenewalResult = 'renewed' | 'ended' | 'unavailable';

/** Counts the sessions that a gateway begins and ends. */
export interface SessionMeter {
  begun(): void;
  /** @param count the number that is known to have ended. */
  ended(why: SessionEndReason, count: number): void;
  renewal(result: RenewalResult): void;
}

/** Counts. Each function is created at load, so that counting needs no lookup; what is not created has no series. */
export interface Meter {
  /** @param site the route's label, followed by ` #name` for a part. */
  callSite(route: string, part: string | undefined): CallMeter;
  /** @param name of the service. */
  service(name: string): AttemptMeter;
  /** Counts the requests of a route by who sends them. */
  auth(route: string): (result: AuthResult) => void;
  /** Counts the requests that a rate limit refuses. @param limit its name. */
  rateLimited(route: string, limit: string): () => void;
  /** Counts the requests that other sites sent with a user's cookie. */
  csrfRefused(route: string): () => void;
  sessions(): SessionMeter;
}

/** The current state of the memory store. */
interface StoreReading {
  readonly bytes: number;
  readonly entries: number;
}

/** The values that are read when metrics are collected. */
export interface Readings {
  services(): readonly ServiceReading[];
  store(): StoreReading;
}

/** The current state of a service. */
export interface ServiceReading {
  readonly service: string;
  readonly inFlight: number;
  readonly streams: number;
  /** The maximum of calls in flight; infinite without a limit. */
  readonly limit: number;
  readonly mode: LimitMode;
  /** The learned limit; undefined if nothing is known. */
  readonly learned: LearnedLimit | undefined;
  /** The number of calls that wait for a permit. */
  readonly waiting: number;
  /** The number of calls that the limit rejected so far, by priority and reason. */
  readonly shed: Readonly<Record<Priority, Readonly<Record<RefusalReason, number>>>>;
  /** The number of calls rejected because every target was full. */
  readonly full: number;
  /** The number of targets by condition. */
  readonly targets: Readonly<Record<TargetCondition, number>>;
  /** The number of ejections so far. */
  readonly ejections: number;
  /** The number of attempts so far by outcome. */
  readonly attempts: ReadonlyMap<CallOutcomeName, number>;
  readonly hedges: number;
  readonly retries: number;
  /** The number of retries that the budget rejected. */
  readonly retriesRefused: number;
  /** The current number of retries that the budget allows. */
  readonly retryBudget: number;
  /** The numbers of sent and dropped copies for another service; undefined without a mirror. */
  readonly copies: { readonly sent: number; readonly dropped: number } | undefined;
}

/** The condition of a target: in use, or out of use because of its outcomes, its health check, or its `Retry-After`. */
export type TargetCondition = 'healthy' | 'ejected' | 'unhealthy' | 'backing_off';
