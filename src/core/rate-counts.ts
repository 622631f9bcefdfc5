import type { RateQuota, RateVerdict } from './ports/rate-counts.ts';

/** The most keys of one limit, about 100 bytes each. Beyond it the older half is forgotten. */
const MAX_KEYS = 1_000_000;

interface Counted {
  readonly verdict: RateVerdict;
  /** When the whole burst is allowed again. */
  readonly fullAt: number;
}

/**
 * Decides about one request: GCRA, the leaky bucket as a meter (ITU-T I.371). A key is one number, the time at which
 * its whole burst is allowed again, and a refused request changes nothing. There is no window, at whose border twice
 * the number could come.
 * @param fullAt that time, for a key that was counted before.
 */
function countRequest(quota: RateQuota, fullAt: number | undefined, now: number): Counted {
  const { intervalMs, burst } = quota;
  const before = Math.max(fullAt ?? now, now);
  const after = before + intervalMs;
  const waitMs = after - burst * intervalMs - now;
  const allowed = waitMs <= ROUNDING_MS;
  const resetMs = (allowed ? after : before) - now;
  const verdict = { allowed, remaining: remainingOf(quota, resetMs), retryMs: allowed ? 0 : waitMs, resetMs };
  return { verdict, fullAt: now + resetMs };
}

/** Fractions of a millisecond add up to less than this. */
const ROUNDING_MS = 2e-3;

/** How many requests may come at once. @param resetMs see `RateVerdict`. */
export function remainingOf({ intervalMs, burst }: Omit<RateQuota, 'id'>, resetMs: number): number {
  return Math.max(0, Math.floor((burst * intervalMs - resetMs + ROUNDING_MS) / intervalMs));
}

/** Identifies the counts of a limit. An edited limit counts anew, apart from the old one of workers that drain. */
export function countsId({ id, intervalMs, burst }: RateQuota): string {
  return `${id} ${intervalMs} ${burst}`;
}

/**
 * The counts of one limit in this process. Keys whose whole burst is allowed again are forgotten: two maps take turns,
 * and the older one holds only such keys after that time.
 */
class KeyCounts {
  readonly #quota: RateQuota;
  readonly #maxKeys: number;
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #turnAt: number;

  constructor(quota: RateQuota, maxKeys: number, now: number) {
    this.#quota = quota;
    this.#maxKeys = maxKeys;
    this.#turnAt = now + this.#allMs;
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get #allMs(): number {
    return this.#quota.burst * this.#quota.intervalMs;
  }

  /** Whether the whole burst of every key is allowed again. */
  isOver(now: number): boolean {
    return now >= this.#turnAt + this.#allMs;
  }

  /** Whether the maps take turns at the next request. */
  isDue(now: number): boolean {
    return now >= this.#turnAt || this.#recent.size * 2 >= this.#maxKeys;
  }

  take(key: string, now: number): RateVerdict {
    if (this.isDue(now)) this.#turn(now);
    const known = this.#recent.get(key) ?? this.#older.get(key);
    const { verdict, fullAt } = countRequest(this.#quota, known, now);
    this.#recent.set(key, fullAt);
    return verdict;
  }

  /** What `take` would say, without counting. */
  peek(key: string, now: number): RateVerdict {
    return countRequest(this.#quota, this.#recent.get(key) ?? this.#older.get(key), now).verdict;
  }

  #turn(now: number): void {
    this.#older = this.isOver(now) ? new Map() : this.#recent;
    this.#recent = new Map();
    this.#turnAt = now + this.#allMs;
  }
}

/** The counts of all limits in one process. */
export class RateCounts {
  readonly #limits = new Map<string, KeyCounts>();
  readonly #maxKeys: number;

  constructor(maxKeys: number = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  /** The number of keys that are held. */
  get size(): number {
    return this.#limits.values().reduce((sum, counts) => sum + counts.size, 0);
  }

  /** @param now in milliseconds, with fractions. */
  take(quota: RateQuota, key: string, now: number): RateVerdict {
    const id = countsId(quota);
    const counts = this.#limits.get(id);
    if (counts !== undefined && !counts.isDue(now)) return counts.take(key, now);
    this.#forget(now);
    const kept = this.#limits.get(id) ?? new KeyCounts(quota, this.#maxKeys, now);
    this.#limits.set(id, kept);
    return kept.take(key, now);
  }

  /** What `take` would say, without counting. */
  peek(quota: RateQuota, key: string, now: number): RateVerdict {
    return this.#limits.get(countsId(quota))?.peek(key, now) ?? countRequest(quota, undefined, now).verdict;
  }

  /** A limit without requests, or one that a reload removed, holds no memory. */
  #forget(now: number): void {
    for (const [id, counts] of this.#limits) if (counts.isOver(now)) this.#limits.delete(id);
  }
}
