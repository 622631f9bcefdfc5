import type { LimitMode } from './ports/limiter.ts';
import type { CacheResult, TargetCondition } from './ports/meter.ts';

// What the admin page shows of a process as plain data: a worker sends it, a program reads it.

/** What can be read of one process by name. */
export interface ProcessViews {
  readonly services: readonly ServiceView[];
  readonly stored: StoredView;
  readonly counts: RequestCounts;
}

export type ProcessSubject = keyof ProcessViews;

/** A service as a process sees it at this moment. */
export interface ServiceView {
  readonly service: string;
  /** Calls in flight. */
  readonly inFlight: number;
  /** Long-lived streams and WebSockets. */
  readonly streams: number;
  /** The calls that wait until they may start. */
  readonly waiting: number;
  /** The maximum of calls in flight; undefined if nothing limits them. */
  readonly limit: number | undefined;
  /** Calls are refused in `held` alone. */
  readonly mode: LimitMode;
  /** What an adaptive limit has learned; undefined without data. */
  readonly learned: LearnedTimes | undefined;
  readonly targets: readonly TargetView[];
}

interface LearnedTimes {
  /** Time to response headers without queueing, as geometric and as arithmetic mean. */
  readonly usualMs: number;
  readonly meanMs: number;
  /** The recent maximum of successful responses in a second. */
  readonly perSecond: number;
}

/** A target of a service. */
export interface TargetView {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly group: 'stable' | 'canary';
  /** Healthy, or why it gets no calls. */
  readonly state: TargetCondition;
  /** Its share against the others; smaller during a slow start. */
  readonly weight: number;
  /** The peak of its recent times to response headers; 0 without calls. */
  readonly costMs: number;
  readonly inFlight: number;
  readonly streams: number;
}

/** The stored responses in the memory of a process; purged ones are left out. */
export interface StoredView {
  /** Of all entries, with those that are not freed yet. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Stored responses, and lists of their variants. */
  readonly entries: number;
  /** Those with the most bytes, at most 100. */
  readonly tags: readonly TagView[];
  /** The number of other tags. */
  readonly moreTags: number;
  /** The responses without a tag. */
  readonly untagged: StoredSize;
}

export interface StoredSize {
  readonly responses: number;
  readonly bytes: number;
}

interface TagView extends StoredSize {
  readonly tag: string;
}

/** What a process has counted since its start, in few numbers: the metrics of 10,000 routes are 60 MB. */
export interface RequestCounts {
  /** Requests that are handled at this moment. */
  readonly active: number;
  /** Those with requests. */
  readonly routes: readonly RouteCounts[];
  /** The call sites with a cache that had a request. */
  readonly cache: readonly CacheCounts[];
  /** How late the event loop came to a timer, by bucket; the last one is for times above every bucket. */
  readonly eventLoop: readonly number[];
}

export interface RouteCounts {
  readonly route: string;
  readonly requests: number;
  /** Responses with 5xx. */
  readonly errors: number;
  /** By duration; the last one is for times above every bucket, and empty ones at the end are left out. */
  readonly buckets: readonly number[];
}

export interface CacheCounts extends Readonly<Record<CacheResult, number>> {
  readonly route: string;
  /** Empty for the route itself. */
  readonly part: string;
}
