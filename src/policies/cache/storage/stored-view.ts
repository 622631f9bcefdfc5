import type { TagEpochs } from '../../../core/ports/tag-epochs.ts';
import type { StoredSize, StoredView } from '../../../core/process-views.ts';
import type { CacheEntry } from './entry.ts';
import type { MemoryStore } from './memory-store.ts';

/** Tags may have as many values as there are products, and a reader wants the large ones. */
const MAX_TAGS = 100;

/** What is stored in the memory of this process, by tag. Visits every entry, so it is for those who ask. */
export async function storedView(
  store: MemoryStore<CacheEntry>,
  epochs: Pick<TagEpochs, 'newest'>,
  maxBytes: number,
): Promise<StoredView> {
  const byTag = new Map<string, StoredSize>();
  let untagged: StoredSize = { responses: 0, bytes: 0 };
  await store.walk(entry => {
    // A purged response stays in memory until its next request.
    if (entry.kind !== 'reply' || epochs.newest(entry.labels, 'hard') > entry.epoch) return 'keep';
    const { bytes, labels } = entry;
    if (labels.tags.length === 0) untagged = plus(untagged, bytes);
    for (const tag of new Set(labels.tags)) byTag.set(tag, plus(byTag.get(tag), bytes));
    return 'keep';
  });
  const tags = [...byTag]
    .map(([tag, size]) => ({ tag, ...size }))
    .sort((a, b) => b.bytes - a.bytes || (a.tag < b.tag ? -1 : 1));
  return {
    bytes: store.bytes,
    maxBytes,
    entries: store.size,
    tags: tags.slice(0, MAX_TAGS),
    moreTags: Math.max(0, tags.length - MAX_TAGS),
    untagged,
  };
}

function plus({ responses, bytes }: StoredSize = { responses: 0, bytes: 0 }, more: number): StoredSize {
  return { responses: responses + 1, bytes: bytes + more };
}
