import type { Purge, PurgeKind, PurgeLabels } from '../purge.ts';

/**
 * Lazy purges: a purge raises the epoch of its targets, an entry stores the epoch in which its request began, and the
 * next hit compares the two. A purge never walks the store.
 */
export interface TagEpochs {
  /** The epoch of now; what begins now and is purged later is older than the purge. */
  now(): number;
  bump(purge: Purge): void;
  /** The epoch of the latest purge of that kind that covers something stored with these labels; 0 if there was none. */
  newest(labels: PurgeLabels, kind: PurgeKind): number;
}
