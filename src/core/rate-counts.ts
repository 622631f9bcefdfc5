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
function countRequest({ intervalMs, burst }: RateQuota, fullAt: number | undefined, now: number): Counted {
  const before = Math.max(fullAt ?? now, now);
  const after = before + intervalMs;
  const allMs = burst * intervalMs;
  const waitMs = after - allMs - now;
  // Fractions of a millisecond add up to less than this.
  if (waitMs > ROUNDING_MS) {
    const remaining = remainingOf(allMs - (before - now), intervalMs);
    return { verdict: { allowed: false, remaining, retryMs: waitMs, resetMs: before - now }, fullAt: before };
  }
  const remaining = remainingOf(allMs - (after - now), intervalMs);
  return { verdict: { allowed: true, remaining, retryMs: 0, resetMs: after - now }, fullAt: after };
}

const ROUNDING_MS = 1e-3;

function remainingOf(leftMs: number, intervalMs: number): number {
  return Math.max(0, Math.floor((leftMs + ROUNDING_MS) / intervalMs));
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

  take(key: string, now: number): RateVerdict {
    if (now >= this.#turnAt || this.#recent.size * 2 >= this.#maxKeys) this.#turn(now);
    const known = this.#recent.get(key) ?? this.#older.get(key);
    const { verdict, fullAt } = countRequest(this.#quota, known, now);
    this.#recent.set(key, fullAt);
    return verdict;
  }

  get #allMs(): number {
    return this.#quota.burst * this.#quota.intervalMs;
  }

  #turn(now: number): void {
    // After two times without a request the recent ones are over as well.
    const isOver = now >= this.#turnAt + this.#allMs;
    this.#older = isOver ? new Map() : this.#recent;
    this.#recent = new Map();
    this.#turnAt = now + this.#allMs;
  }
}

/** The counts of all limits in one process. */
export class RateCounts {
  readonly #limits = new Map<string, { readonly quota: RateQuota; readonly counts: KeyCounts }>();
  readonly #maxKeys: number;

  constructor(maxKeys: number = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  /** The number of keys that are held. */
  get size(): number {
    return this.#limits.values().reduce((sum, { counts }) => sum + counts.size, 0);
  }

  take(quota: RateQuota, key: string, now: number): RateVerdict {
    let known = this.#limits.get(quota.id);
    // A reload may have changed the limit.
    if (known === undefined || known.quota.intervalMs !== quota.intervalMs || known.quota.burst !== quota.burst) {
      known = { quota, counts: new KeyCounts(quota, this.#maxKeys, now) };
      this.#limits.set(quota.id, known);
    }
    return known.counts.take(key, now);
  }
}
