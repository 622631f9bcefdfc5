import type { TagEpochs } from '../../../core/ports/tag-epochs.ts';
import { covers, type Purge } from '../../../core/purge.ts';
import type { CacheEntry } from './entry.ts';
import type { MemoryStore } from './memory-store.ts';

/**
 * How many stored responses in the memory of this process a purge covers. Those that a hard purge ended are freed on
 * the way: they would stay until the next request for them, or until their lifetime ends.
 */
export async function purgedEntries(
  store: MemoryStore<CacheEntry>,
  epochs: Pick<TagEpochs, 'newest'>,
  { kind, targets }: Purge,
): Promise<number> {
  let count = 0;
  await store.walk(entry => {
    if (entry.kind !== 'reply' || !targets.some(target => covers(target, entry.labels))) return 'keep';
    // A response whose request began after the purge is not concerned.
    if (epochs.newest(entry.labels, kind) <= entry.epoch) return 'keep';
    count++;
    return kind === 'hard' ? 'delete' : 'keep';
  });
  return count;
}
