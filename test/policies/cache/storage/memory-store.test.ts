import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../src/policies/cache/storage/memory-store.ts';
import { FakeClock } from '../../../support/clock.ts';
import { minRecentlyUsed } from '../../../support/reference-caches.ts';
import { asCache } from '../../../support/store-as-cache.ts';
import { type TraceShape, trace } from '../../../support/traces.ts';
import { storeContract } from '../store-contract.ts';

interface Sized {
  readonly bytes: number;
}

describe('the memory store', () => {
  storeContract((budget, largest) => new MemoryStore<Sized>(budget, largest));

  it('never exceeds its budget', async () => {
    const key = fc.nat({ max: 30 }).map(i => `key ${i}`);
    const step = fc.oneof(
      fc.record({ does: fc.constant('set' as const), key, bytes: fc.nat({ max: 3_000 }), ms: fc.nat({ max: 100 }) }),
      fc.record({ does: fc.constant('grow' as const), key, bytes: fc.integer({ min: -200, max: 2_000 }) }),
      fc.record({ does: fc.constantFrom('get' as const, 'delete' as const), key }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.nat({ max: 50 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async steps => {
        const clock = new FakeClock();
        const store = new MemoryStore<Sized>(20_000, 6_000, clock);
        const keys = new Set<string>();
        for (const each of steps) {
          if (each.does === 'set') store.set(each.key, { bytes: each.bytes }, each.ms);
          else if (each.does === 'wait') clock.advance(each.ms);
          else if (each.does === 'grow') store.grow(each.key, each.bytes);
          else store[each.does](each.key);
          if ('key' in each) keys.add(each.key);
          expect(store.bytes).toBeGreaterThanOrEqual(0);
          expect(store.bytes).toBeLessThanOrEqual(20_000);
          expect(store.evictedInTurn).toBeLessThanOrEqual(64);
        }
        await nextTurn();
        for (const each of keys) store.delete(each);
        expect(store).toMatchObject({ bytes: 0, size: 0 });
      }),
      { numRuns: 200 },
    );
  });

  it('holds a million addresses below 64 MB and evicts at most 64 entries in a turn', async () => {
    const budget = 64 * 1024 ** 2;
    const store = new MemoryStore<Sized>(budget, budget / 20);
    let max = 0;
    let evicted = 0;
    for (let i = 0; i < 1_000_000; i++) {
      store.set(`https://shop.test/products/${i}?page=${i % 7}`, { bytes: (i * 37) % 3_000 }, 60_000);
      max = Math.max(max, store.bytes);
      evicted = Math.max(evicted, store.evictedInTurn);
      if (i % 100 === 0) await nextTurn();
    }
    expect(max).toBeLessThanOrEqual(budget);
    expect(max).toBeGreaterThan(budget * 0.99);
    expect(evicted).toBeLessThanOrEqual(64);
    expect(evicted).toBeGreaterThan(0);
  });

  it('makes room for a large entry over several turns, while the entry is readable', async () => {
    const store = new MemoryStore<Sized>(1_000_000, 500_000);
    for (let i = 0; i < 480; i++) store.set(`small ${i}`, { bytes: 1_000 }, 60_000);
    const large = { bytes: 400_000 };
    store.set('large', large, 60_000);
    store.set('next', { bytes: 10 }, 60_000);
    expect(store.size).toBe(480 - 64);
    expect(store.get('large')).toBe(large);
    await expect.poll(() => store.bytes, { interval: 1 }).toBeGreaterThan(900_000);
    expect(store.get('large')).toBe(large);
    expect(store.get('next')).toBeDefined();
    expect(store.bytes).toBeLessThanOrEqual(1_000_000);
  });

  it('no longer returns an entry that was deleted while it waited for room', async () => {
    const store = new MemoryStore<Sized>(1_000_000, 500_000);
    for (let i = 0; i < 480; i++) store.set(`small ${i}`, { bytes: 1_000 }, 60_000);
    store.set('large', { bytes: 400_000 }, 60_000);
    store.delete('large');
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(store.get('large')).toBeUndefined();
  });

  it('removes a few expired entries at each set', () => {
    const clock = new FakeClock();
    const store = new MemoryStore<Sized>(1_000_000, 1_000_000, clock);
    for (let i = 0; i < 100; i++) store.set(`old ${i}`, { bytes: 100 }, 1_000);
    clock.advance(1_001);
    store.set('new 0', { bytes: 100 }, 1_000);
    expect(store.size).toBeGreaterThan(90);
    for (let i = 1; i < 50; i++) store.set(`new ${i}`, { bytes: 100 }, 1_000);
    expect(store.size).toBe(50);
  });

  it('keeps entries that are requested again during a scan of others', async () => {
    const store = new MemoryStore<Sized>(100_000, 10_000);
    store.set('wanted', { bytes: 100 }, 60_000);
    for (let i = 0; i < 5; i++) store.get('wanted');
    for (let i = 0; i < 10_000; i++) {
      store.set(`once ${i}`, { bytes: 100 }, 60_000);
      if (i % 50 === 0) await nextTurn();
    }
    expect(store.get('wanted')).toBeDefined();
  });
});

describe('the hit ratio of the memory store', () => {
  const steady: TraceShape = {
    requests: 300_000,
    objects: 50_000,
    skew: 0.9,
    onceOnly: 0.25,
    driftEvery: 0,
    seed: 7,
  };

  it('is 7 points above LRU for a stable popularity, with room for one in a hundred', async () => {
    const { store, lru } = await compare(steady, 500);
    expect(store - lru).toBeGreaterThanOrEqual(7);
  });

  it.each([500, 5_000])('is at least that of LRU for a drifting popularity, with room for %i', async max => {
    const { store, lru } = await compare({ ...steady, driftEvery: 10 }, max);
    expect(store - lru).toBeGreaterThanOrEqual(-0.5);
  });
});

/** Hits per hundred requests; the first third is a warm-up. */
async function compare(shape: TraceShape, max: number): Promise<{ store: number; lru: number }> {
  const caches = { store: asCache(max), lru: minRecentlyUsed(max) };
  const hits = { store: 0, lru: 0 };
  let asked = 0;
  for (const key of trace(shape)) {
    const counts = asked++ >= shape.requests / 3 ? 1 : 0;
    if (caches.store.ask(key)) hits.store += counts;
    if (caches.lru.ask(key)) hits.lru += counts;
    if (asked % 50 === 0) await nextTurn();
  }
  const counted = (shape.requests * 2) / 300;
  return { store: hits.store / counted, lru: hits.lru / counted };
}
