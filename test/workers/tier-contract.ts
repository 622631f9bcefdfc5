import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CacheTier, TierHit } from '../../src/core/ports/cache-tier.ts';
import {
  addressTarget,
  EVERYTHING,
  everyHostTarget,
  NO_LABELS,
  type Purge,
  type PurgeLabels,
  type PurgeTarget,
  prefixTarget,
} from '../../src/core/purge.ts';
import { at, purgeOf, tagged } from '../support/labels.ts';

/** One store and the operations of a test on it. */
export interface TierStore {
  /** A tier of one process on the store; closed after the test. */
  open(): Promise<CacheTier>;
  /** From now on reads and writes fail. */
  fail(): Promise<void>;
}

const hard = (...targets: readonly (string | PurgeTarget)[]): Purge => purgeOf('hard', targets);
const soft = (...targets: readonly (string | PurgeTarget)[]): Purge => purgeOf('soft', targets);

/** The contract of every tier behind the memory. */
export function tierContract(openStore: () => Promise<TierStore>): void {
  const openTier = async (): Promise<CacheTier> => (await openStore()).open();
  const keep = (tier: CacheTier, key: string, labels = NO_LABELS, purgePosition = tier.purgePosition()): void =>
    tier.set(key, { bytes: Buffer.from(`${key}!`), labels, purgePosition }, 60_000);
  const text = (hit: TierHit | undefined): string | undefined => hit?.bytes.toString();
  /** Resolves when all earlier writes have arrived. */
  const settled = async (tier: CacheTier): Promise<void> => {
    const key = `settled ${Math.random()}`;
    keep(tier, key);
    await expect
      .poll(
        async () => {
          const hit = await tier.get(key);
          return text(hit);
        },
        { timeout: 5_000 },
      )
      .toBe(`${key}!`);
  };
  const kept = async (tier: CacheTier, labels: Readonly<Record<string, PurgeLabels>>): Promise<void> => {
    for (const [key, each] of Object.entries(labels)) keep(tier, key, each);
    await settled(tier);
  };
  const has = async (tier: CacheTier, ...keys: readonly string[]): Promise<readonly string[]> => {
    const hits = await Promise.all(keys.map(key => tier.get(key)));
    return keys.filter((_, i) => hits[i] !== undefined);
  };
  /**
   * No other key is returned from the first get on; these keys are, but perhaps later, since a busy host may exceed the
   * time limit of a tier.
   */
  const onlyHas = async (tier: CacheTier, keys: readonly string[], left: readonly string[]): Promise<void> => {
    expect(left).toEqual(expect.arrayContaining([...(await has(tier, ...keys))]));
    await expect.poll(() => has(tier, ...keys), { timeout: 5_000 }).toEqual(left);
  };
  const isSoft = (tier: CacheTier, key: string) =>
    expect.poll(async () => (await tier.get(key))?.soft, { timeout: 5_000 });

  describe('as a tier', () => {
    it('returns the very bytes that were stored, and nothing for another key', async () => {
      const tier = await openTier();
      const bytes = randomBytes(100_000);
      tier.set('a\nkey é', { bytes, labels: NO_LABELS, purgePosition: tier.purgePosition() }, 60_000);
      // A get that takes too long finds nothing, so a busy host needs another one.
      const read = async () => {
        const hit = await tier.get('a\nkey é');
        return [hit?.bytes.equals(bytes), hit?.soft];
      };
      await expect.poll(read).toEqual([true, false]);
      expect(await tier.get('another')).toBeUndefined();
    });

    it('returns the latest value of a key, and nothing that was deleted', async () => {
      const tier = await openTier();
      await kept(tier, { a: tagged('old'), b: NO_LABELS });
      tier.set('a', { bytes: Buffer.from('new'), labels: tagged('new'), purgePosition: tier.purgePosition() }, 60_000);
      tier.delete('b');
      await settled(tier);
      await expect.poll(async () => text(await tier.get('a')), { timeout: 5_000 }).toBe('new');
      expect(await tier.get('b')).toBeUndefined();
      tier.purge(hard('old'));
      await expect.poll(async () => text(await tier.get('a')), { timeout: 5_000 }).toBe('new');
    });

    it('returns nothing that has expired', async () => {
      const tier = await openTier();
      tier.set('brief', { bytes: Buffer.from('x'), labels: NO_LABELS, purgePosition: tier.purgePosition() }, 300);
      tier.set('never', { bytes: Buffer.from('x'), labels: NO_LABELS, purgePosition: tier.purgePosition() }, 0);
      await settled(tier);
      await expect.poll(() => tier.get('brief'), { timeout: 3_000 }).toBeUndefined();
      expect(await tier.get('never')).toBeUndefined();
    });

    it('returns nothing that was purged by tag, from the next get on, and everything else', async () => {
      const tier = await openTier();
      await kept(tier, { a: tagged('products', 'product:1'), b: tagged('product:2'), c: NO_LABELS });
      tier.purge(hard('product:1', 'other'));
      await onlyHas(tier, ['a', 'b', 'c'], ['b', 'c']);
    });

    it('marks soft-purged entries', async () => {
      const tier = await openTier();
      await kept(tier, { a: tagged('product:1'), b: tagged('product:2') });
      tier.purge(soft('product:1'));
      await isSoft(tier, 'a').toBe(true);
      await isSoft(tier, 'b').toBe(false);
      keep(tier, 'a', tagged('product:1'));
      await isSoft(tier, 'a').toBe(false);
    });

    it('purges by address, by address on every host, by prefix, and everything', async () => {
      const tier = await openTier();
      const page = at;
      const all = ['a', 'b', 'c', 'd'];
      await kept(tier, {
        a: page('shop.test', '/x?y=1'),
        b: page('shop.test', '/x/z'),
        c: page('other.test', '/x/z'),
        d: tagged('product:1'),
      });
      tier.purge(hard(addressTarget('shop.test', '/x')));
      await onlyHas(tier, all, all);
      tier.purge(hard(addressTarget('shop.test', '/x?y=1')));
      await onlyHas(tier, all, ['b', 'c', 'd']);
      tier.purge(soft(everyHostTarget('/x/z')));
      await isSoft(tier, 'b').toBe(true);
      await isSoft(tier, 'c').toBe(true);
      tier.purge(hard(prefixTarget('other.test', '/x')));
      await onlyHas(tier, all, ['b', 'd']);
      tier.purge(hard(prefixTarget('', '/x/')));
      await onlyHas(tier, all, ['d']);
      tier.purge(hard(EVERYTHING));
      await onlyHas(tier, all, []);
    });

    it('does not store a response that was requested before a purge and arrives after it', async () => {
      const tier = await openTier();
      const before = tier.purgePosition();
      tier.purge(hard('product:1'));
      const after = tier.purgePosition();
      keep(tier, 'old', tagged('product:1'), before);
      keep(tier, 'unconcerned', tagged('product:2'), before);
      keep(tier, 'new', tagged('product:1'), after);
      await settled(tier);
      await onlyHas(tier, ['old', 'unconcerned', 'new'], ['unconcerned', 'new']);
      const later = tier.purgePosition();
      tier.purge(soft('product:1'));
      keep(tier, 'soft', tagged('product:1'), later);
      await settled(tier);
      await isSoft(tier, 'soft').toBe(true);
    });

    it('stores for processes that open it later, and purges for them', async () => {
      const store = await openStore();
      const tier = await store.open();
      await kept(tier, { a: tagged('product:1'), b: tagged('product:2'), c: tagged('product:3') });
      tier.purge(hard('product:1'));
      tier.purge(soft('product:2'));
      await settled(tier);
      await tier.close();
      const later = await store.open();
      await onlyHas(later, ['a', 'b', 'c'], ['b', 'c']);
      await isSoft(later, 'b').toBe(true);
      await isSoft(later, 'c').toBe(false);
    });

    it('is shared by several processes, even if a purge meets a write in progress', async () => {
      const store = await openStore();
      const [here, there] = [await store.open(), await store.open()];
      await kept(here, { a: tagged('product:1'), b: tagged('product:2') });
      const before = there.purgePosition();
      here.purge(hard('product:1'));
      await settled(here);
      await expect.poll(() => has(there, 'a', 'b')).toEqual(['b']);
      keep(there, 'late', tagged('product:1'), before);
      await settled(there);
      expect(await has(here, 'late')).toEqual([]);
      expect(await has(there, 'late')).toEqual([]);
      await expect
        .poll(async () => {
          keep(there, 'new', tagged('product:1'));
          await settled(there);
          return has(here, 'new');
        })
        .toEqual(['new']);
    });

    it('completes pending writes before it closes', async () => {
      const store = await openStore();
      const tier = await store.open();
      await settled(tier);
      for (let i = 0; i < 500; i++) keep(tier, `key ${i}`);
      await tier.close();
      const later = await store.open();
      await expect.poll(() => has(later, 'key 0', 'key 250', 'key 499')).toEqual(['key 0', 'key 250', 'key 499']);
    });

    it('counts as empty if its store fails, in every method', async () => {
      const store = await openStore();
      const tier = await store.open();
      await kept(tier, { a: tagged('product:1') });
      await store.fail();
      for (let i = 0; i < 20; i++) {
        keep(tier, `key ${i}`);
        tier.delete('a');
        tier.purge(hard('product:1'));
        expect(await has(tier, 'a', `key ${i}`)).toEqual([]);
        expect(typeof tier.purgePosition()).toBe('number');
      }
      await tier.close();
      expect(await tier.get('a')).toBeUndefined();
      keep(tier, 'a');
      await tier.close();
    });
  });
}
