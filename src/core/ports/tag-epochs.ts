import type { Purge, PurgeKind, PurgeLabels } from '../purge.ts';

/**
 * Lazy purges: a purge raises the epoch of its targets, an entry stores the epoch of the start of its request, and the
 * next hit compares the two. A purge never scans the store.
 */
export interface TagEpochs {
  /** The current epoch; a later purge is newer than a request that starts now. */
  now(): number;
  bump(purge: Purge): void;
  /** The epoch of the latest purge of that kind that covers these labels; 0 for none. */
  newest(labels: PurgeLabels, kind: PurgeKind): number;
}
