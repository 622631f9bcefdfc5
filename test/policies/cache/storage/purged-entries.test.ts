import { expect, it } from 'vitest';
import { EVERYTHING, type Purge, tagTarget } from '../../../../src/core/purge.ts';
import type { CacheEntry, StoredReply } from '../../../../src/policies/cache/storage/entry.ts';
import { MemoryStore } from '../../../../src/policies/cache/storage/memory-store.ts';
import { purgedEntries } from '../../../../src/policies/cache/storage/purged-entries.ts';
import { LocalTagEpochs } from '../../../../src/policies/cache/storage/tag-epochs.ts';

function bench() {
  const store = new MemoryStore<CacheEntry>(100_000_000, 1_000_000);
  const epochs = new LocalTagEpochs();
  const keep = (key: string, ...tags: readonly string[]) => {
    const labels = { tags, addresses: [], keys: [] };
    const entry: Partial<StoredReply> = { kind: 'reply', labels, epoch: epochs.now(), bytes: 100 };
    store.set(key, entry as StoredReply, 60_000);
  };
  const purge = (purge: Purge) => {
    epochs.bump(purge);
    return purgedEntries(store, epochs, purge);
  };
  return { store, keep, purge };
}

it('counts the stored responses that a hard purge covers, and frees them', async () => {
  const { store, keep, purge } = bench();
  keep('a', 'cart');
  keep('b', 'cart', 'user');
  keep('c', 'other');
  expect(await purge({ kind: 'hard', targets: [tagTarget('cart'), tagTarget('none')] })).toBe(2);
  expect([store.get('a'), store.get('b'), store.size]).toEqual([undefined, undefined, 1]);
  expect(await purge({ kind: 'hard', targets: [tagTarget('cart')] })).toBe(0);
  expect(await purge({ kind: 'hard', targets: [EVERYTHING] })).toBe(1);
});

it('counts those that a soft purge covers, and keeps them', async () => {
  const { store, keep, purge } = bench();
  keep('a', 'cart');
  keep('b', 'other');
  expect(await purge({ kind: 'soft', targets: [tagTarget('cart')] })).toBe(1);
  expect(store.size).toBe(2);
});

it('does not change the store while it counts, and yields to the event loop', async () => {
  const { store, keep, purge } = bench();
  for (let i = 0; i < 5_000; i++) keep(`key ${i}`, 'cart');
  const counting = purge({ kind: 'hard', targets: [tagTarget('cart')] });
  let turns = 0;
  const turn = () => void (++turns && setImmediate(turn).unref());
  turn();
  keep('key 4999', 'cart');
  expect(await counting).toBe(4_999);
  expect([store.size, store.get('key 4999')]).toEqual([1, expect.objectContaining({ kind: 'reply' })]);
  expect(turns).toBeGreaterThan(3);
});
