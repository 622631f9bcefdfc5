import type { Purge, PurgeLabels } from '../purge.ts';

/** An entry for a tier, as bytes. */
export interface TierRecord {
  readonly bytes: Buffer;
  /** The purge labels. */
  readonly labels: PurgeLabels;
  /**
   * The tier's `purgePosition()` at the start of the request: a later purge makes the response stale, even if it was in
   * flight.
   */
  readonly purgePosition: number;
}

export interface TierHit {
  readonly bytes: Buffer;
  /** Whether it was soft-purged, and so is stale. */
  readonly soft: boolean;
}

/**
 * A store behind the memory of one process: a file that outlives it, or a Redis that several hosts share. It is read
 * when memory misses and written after a response. A tier that fails or hangs counts as empty: no method throws or
 * rejects.
 */
export interface CacheTier {
  readonly name: string;
  /** The tier's current purge position. */
  purgePosition(): number;
  /** Undefined for an absent or hard-purged entry, and after the tier's own deadline. */
  get(key: string): Promise<TierHit | undefined>;
  set(key: string, record: TierRecord, keepForMs: number): void;
  delete(key: string): void;
  /**
   * Permanent: a process that opens the tier later does not get purged entries. The bus announces the purge, not the
   * tier.
   */
  purge(purge: Purge): void;
  /** Completes pending writes within a time limit. */
  close(): Promise<void>;
}

/** A state change of a tier, reported once per change. */
export interface TierNews {
  readonly tier: string;
  /** `lost`: it counts as empty until it is `back`. `emptied`: its content was unusable. */
  readonly state: 'lost' | 'back' | 'emptied';
  readonly why: string;
}

export type TierListener = (news: TierNews) => void;
