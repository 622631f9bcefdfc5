import { expect, it } from 'vitest';
import type { CacheStore } from '../../../src/core/ports/cache-store.ts';

interface Sized {
  readonly bytes: number;
}

/** The contract of every store, whatever its eviction policy. */
export function storeContract(open: (budget: number, largest: number) => CacheStore<Sized>): void {
  it('returns the very entry that was stored', () => {
    const store = open(10_000, 10_000);
    const entry = { bytes: 10 };
    store.set('a', entry, 60_000);
    expect(store.get('a')).toBe(entry);
    expect(store.get('b')).toBeUndefined();
    expect(store.size).toBe(1);
  });

  it('replaces an entry and counts only the new one', () => {
    const store = open(10_000, 10_000);
    store.set('a', { bytes: 4_000 }, 60_000);
    const entry = { bytes: 10 };
    store.set('a', entry, 60_000);
    expect(store.get('a')).toBe(entry);
    expect(store.size).toBe(1);
    expect(store.bytes).toBeLessThan(4_000);
  });

  it('stores nothing above the entry limit and drops the older entry for the key', () => {
    const store = open(10_000, 2_000);
    store.set('a', { bytes: 10 }, 60_000);
    store.set('a', { bytes: 5_000 }, 60_000);
    expect(store.get('a')).toBeUndefined();
    expect(store).toMatchObject({ bytes: 0, size: 0 });
  });

  it('stores nothing with a lifetime of zero', () => {
    const store = open(10_000, 10_000);
    store.set('a', { bytes: 10 }, 60_000);
    store.set('a', { bytes: 10 }, 0);
    expect(store.get('a')).toBeUndefined();
  });

  it('counts keys and overhead, and zero when everything is deleted', () => {
    const store = open(10_000, 10_000);
    store.set('a', { bytes: 0 }, 60_000);
    const short = store.bytes;
    store.set('a'.repeat(100), { bytes: 0 }, 60_000);
    expect(short).toBeGreaterThan(0);
    expect(store.bytes - short).toBeGreaterThan(short);
    store.delete('a');
    store.delete('a'.repeat(100));
    store.delete('never there');
    expect(store).toMatchObject({ bytes: 0, size: 0 });
  });

  it('evicts others for an entry that grows, and the entry itself above the entry limit', () => {
    const store = open(11_500, 6_000);
    for (const key of ['a', 'b', 'c']) store.set(key, { bytes: 2_000 }, 60_000);
    const before = store.bytes;
    store.grow('c', 1_000);
    expect(store.bytes).toBe(before + 1_000);
    store.grow('c', 1_900);
    expect(store.get('c')).toBeDefined();
    expect(store.bytes).toBeLessThanOrEqual(11_500);
    store.grow('c', 5_000);
    expect(store.get('c')).toBeUndefined();
    store.grow('never there', 5_000);
    expect(store.bytes).toBeLessThanOrEqual(11_500);
  });
}
