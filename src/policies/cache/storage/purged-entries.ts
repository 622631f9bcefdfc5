import type { TagEpochs } from '../../../core/ports/tag-epochs.ts';
import { covers, type Purge } from '../../../core/purge.ts';
import type { CacheEntry } from './entry.ts';
import type { MemoryStore } from './memory-store.ts';

/**
 * Counts the stored responses in the memory of this process that a purge covers. Those removed by a hard purge are
 * freed at the same time; they would otherwise stay until their next request or the end of their lifetime.
 */
export async function purgedEntries(
  store: MemoryStore<CacheEntry>,
  epochs: Pick<TagEpochs, 'newest'>,
  { kind, targets }: Purge,
): Promise<number> {
  let count = 0;
  await store.walk(entry => {
    if (entry.kind !== 'reply' || !targets.some(target => covers(target, entry.labels))) return 'keep';
    // A response whose request began after the purge is not covered.
    if (epochs.newest(entry.labels, kind) <= entry.epoch) return 'keep';
    count++;
    return kind === 'hard' ? 'delete' : 'keep';
  });
  return count;
}
