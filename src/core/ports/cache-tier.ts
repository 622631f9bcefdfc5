import type { Purge, PurgeLabels } from '../purge.ts';

/** An entry on its way into a tier, as bytes. */
export interface TierRecord {
  readonly bytes: Buffer;
  /** By which it is purged. */
  readonly labels: PurgeLabels;
  /** What `stamp` said when the request it answers was asked: a purge since then makes it stale, even while it was on its way. */
  readonly purgePosition: number;
}

export interface TierHit {
  readonly bytes: Buffer;
  /** Purged softly: it is stale. */
  readonly soft: boolean;
}

/**
 * What lies behind the memory of one process: a file that outlives it, a Redis that several hosts share. Read through when memory
 * misses, written behind a response. A tier that fails, hangs or is gone is as good as empty: nothing here throws or rejects.
 */
export interface CacheTier {
  readonly name: string;
  /** The tier's own epoch of now. */
  purgePosition(): number;
  /** Undefined for what is not there, was purged hard since its stamp, or could not be read within the tier's own deadline. */
  get(key: string): Promise<TierHit | undefined>;
  set(key: string, record: TierRecord, keepForMs: number): void;
  delete(key: string): void;
  /** Lasting: whoever opens the tier later does not get what was purged. Nobody is told: that is the bus's to do, once. */
  purge(purge: Purge): void;
  /** Writes what is still on its way, for a bounded time. */
  close(): Promise<void>;
}

/** What became of a tier, told once per change: nobody hears of single calls. */
export interface TierNews {
  readonly tier: string;
  /** `lost`: it is as good as empty until it is `back`. `emptied`: what it held could not be used. */
  readonly state: 'lost' | 'back' | 'emptied';
  readonly why: string;
}

export type TierListener = (news: TierNews) => void;
