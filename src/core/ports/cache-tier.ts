import type { Purge, PurgeLabels } from '../purge.ts';

/** An entry on its way into a tier, as bytes. */
export interface TierRecord {
  readonly bytes: Buffer;
  /** By which it is purged. */
  readonly labels: PurgeLabels;
  /**
   * The tier's `purgePosition()` at the start of the request: a purge since then makes the response stale, even while
   * it was on its way.
   */
  readonly purgePosition: number;
}

export interface TierHit {
  readonly bytes: Buffer;
  /** Purged softly: it is stale. */
  readonly soft: boolean;
}

/**
 * What lies behind the memory of one process: a file that outlives it, a Redis that several hosts share. Read through
 * when memory misses, written behind a response. A tier that fails, hangs or is gone is as good as empty: nothing here
 * throws or rejects.
 */
export interface CacheTier {
  readonly name: string;
  /** The tier's own epoch of now. */
  purgePosition(): number;
  /**
   * Undefined for what is not there, was purged hard since its stamp, or could not be read within the tier's own
   * deadline.
   */
  get(key: string): Promise<TierHit | undefined>;
  set(key: string, record: TierRecord, keepForMs: number): void;
  delete(key: string): void;
  /**
   * Permanent: a process that opens the tier later does not get what was purged. It is not announced here; the bus does
   * that, once.
   */
  purge(purge: Purge): void;
  /** Writes what is still on its way, for a bounded time. */
  close(): Promise<void>;
}

/** A change in the state of a tier, reported once per change and not per call. */
export interface TierNews {
  readonly tier: string;
  /** `lost`: it is as good as empty until it is `back`. `emptied`: what it held could not be used. */
  readonly state: 'lost' | 'back' | 'emptied';
  readonly why: string;
}

export type TierListener = (news: TierNews) => void;
