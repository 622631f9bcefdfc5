/** How many requests with one key may come. */
export interface RateQuota {
  /** Distinguishes its counts from those of other limits. */
  readonly id: string;
  /** The average time between two requests, in milliseconds. */
  readonly intervalMs: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** Whether a request may come, and what is left. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** Requests that may come at once after this one. */
  readonly remaining: number;
  /** Time until a refused request would be allowed, in milliseconds; 0 if it was allowed. */
  readonly retryMs: number;
  /** Time until the whole burst is allowed again, in milliseconds. */
  readonly resetMs: number;
}

/** The time limit of a shared count, which a request waits for, in milliseconds. */
export const TAKE_MS = 50;

/** Counts that several processes share. */
export interface SharedRateCounts {
  /** Counts a request. Undefined if the count is not known in time. It never rejects. */
  take(quota: RateQuota, key: string): Promise<RateVerdict | undefined>;
}
