import { expect, it } from 'vitest';
import { tagTarget } from '../../../../src/core/purge.ts';
import type { CacheEntry, StoredReply } from '../../../../src/policies/cache/storage/entry.ts';
import { MemoryStore } from '../../../../src/policies/cache/storage/memory-store.ts';
import { storedView } from '../../../../src/policies/cache/storage/stored-view.ts';
import { LocalTagEpochs } from '../../../../src/policies/cache/storage/tag-epochs.ts';

function bench() {
  const store = new MemoryStore<CacheEntry>(100_000_000, 1_000_000);
  const epochs = new LocalTagEpochs();
  const keep = (key: string, bytes: number, ...tags: readonly string[]) => {
    const labels = { tags, addresses: [], keys: [] };
    const entry: Partial<StoredReply> = { kind: 'reply', labels, epoch: epochs.now(), bytes };
    store.set(key, entry as StoredReply, 60_000);
  };
  return { store, epochs, keep, view: () => storedView(store, epochs, 100_000_000) };
}

it('adds up the stored responses by tag, those with the most bytes first', async () => {
  const { store, keep, view } = bench();
  keep('a', 100, 'items', 'item:a');
  keep('b', 300, 'items', 'item:b', 'item:b');
  keep('c', 50);
  expect(await view()).toEqual({
    bytes: store.bytes,
    maxBytes: 100_000_000,
    entries: 3,
    tags: [
      { tag: 'items', responses: 2, bytes: 400 },
      { tag: 'item:b', responses: 1, bytes: 300 },
      { tag: 'item:a', responses: 1, bytes: 100 },
    ],
    moreTags: 0,
    untagged: { responses: 1, bytes: 50 },
  });
});

it('leaves out what is purged and still in memory, and counts what is stored after the purge', async () => {
  const { store, epochs, keep, view } = bench();
  keep('a', 100, 'items');
  epochs.bump({ kind: 'hard', targets: [tagTarget('items')] });
  expect(await view()).toMatchObject({ entries: 1, tags: [] });
  keep('b', 70, 'items');
  epochs.bump({ kind: 'soft', targets: [tagTarget('items')] });
  expect((await view()).tags).toEqual([{ tag: 'items', responses: 1, bytes: 70 }]);
  expect(store.size).toBe(2);
});

it('lists the hundred largest tags and counts the others', async () => {
  const { keep, view } = bench();
  for (let i = 0; i < 130; i++) keep(`key ${i}`, 100 + i, `item:${i}`);
  const { tags, moreTags } = await view();
  expect([tags.length, tags[0]?.tag, moreTags]).toEqual([100, 'item:129', 30]);
});
