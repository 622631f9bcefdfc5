import type { Purge, PurgeKind, PurgeLabels } from '../purge.ts';

/**
 * Lazy purges: a purge raises the epoch of its targets, an entry remembers the epoch it was asked for in, and the comparison
 * happens at the next hit. No purge walks the store.
 */
export interface TagEpochs {
  /** The epoch of now; what begins now and is purged later is older than the purge. */
  now(): number;
  bump(purge: Purge): void;
  /** The epoch of the latest purge of that kind that covers something stored with these labels; 0 if there was none. */
  newest(labels: PurgeLabels, kind: PurgeKind): number;
}
