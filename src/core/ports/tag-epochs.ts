/**
 * Lazy purges: a purge raises the epoch of its tags, an entry remembers the epoch it was made in, and the comparison
 * happens at the next hit. No purge walks the store.
 */
export interface TagEpochs {
  /** The epoch of now; what begins now and is purged later is older than the purge. */
  now(): number;
  bump(tags: readonly string[]): void;
  /** The epoch of the latest purge of any of the tags; 0 if there was none. */
  newest(tags: readonly string[]): number;
}
