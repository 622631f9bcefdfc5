import { describe, expect, it } from 'vitest';
import type { CacheStore } from '../../../src/core/ports/cache-store.ts';
import type { CacheTier } from '../../../src/core/ports/cache-tier.ts';
import type { DistributedCacheLock } from '../../../src/core/ports/distributed-lock.ts';
import { tagTarget } from '../../../src/core/purge.ts';
import type { CacheEntry } from '../../../src/policies/cache/storage/entry.ts';
import { MemoryStore } from '../../../src/policies/cache/storage/memory-store.ts';
import { TagPurger } from '../../../src/policies/cache/storage/purger.ts';
import { LocalTagEpochs } from '../../../src/policies/cache/storage/tag-epochs.ts';
import { type BenchOptions, type CacheBench, cacheBench } from '../../support/cache-bench.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';
import { MapTier } from '../../support/map-tier.ts';

const FAILS = new Error('the disk is on fire');

/** The same object with one member that throws or rejects. */
function failing<T extends object>(whole: T, member: string, how: 'throws' | 'rejects'): T {
  return new Proxy(whole, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== member) return typeof value === 'function' ? value.bind(target) : value;
      if (typeof value !== 'function') throw FAILS;
      return () => {
        if (how === 'rejects') return Promise.reject(FAILS);
        throw FAILS;
      };
    },
  });
}

const turn = () => new Promise(setImmediate);

/** Every operation on stored responses; each response names its request. */
async function journey(options: BenchOptions): Promise<void> {
  const bench = cacheBench({ ...options, policy: { swrMs: 60_000, ...options.policy } });
  const respondTo = (path: string, language: string) => `${path} in ${language}`;
  bench.response = async x => {
    await Promise.resolve();
    const language = x.headers.get('accept-language') ?? '-';
    const etag = `"${language}"`;
    const fields = { ETag: etag, ...FIELDS[x.path] };
    if (x.headers.get('if-none-match')?.includes(etag)) return textReply('', fields, 304);
    return textReply(respondTo(x.path, language), fields);
  };
  const ask = async (path: string, language: string, more: Record<string, string> = {}) => {
    const reply = await bench.ask(exchange({ path, headers: headers({ 'Accept-Language': language, ...more }) }));
    const whole = respondTo(path, language);
    if (more.Range !== undefined && reply.status === 206) expect(textOf(reply)).toBe(whole.slice(0, 3));
    else expect([reply.status, textOf(reply)]).toEqual([200, whole]);
  };
  for (const path of Object.keys(FIELDS)) {
    for (const language of ['de', 'fr', 'de']) {
      await ask(path, language);
      await ask(path, language, { Range: 'bytes=0-2' });
      const head = await bench.ask(
        exchange({ method: 'HEAD', path, headers: headers({ 'Accept-Language': language }) }),
      );
      expect(head.status).toBe(200);
    }
    await Promise.all(['it', 'it', 'en', 'it'].map(language => ask(path, language)));
  }
  await again(bench, ask);
}

const FIELDS: Readonly<Record<string, Record<string, string>>> = {
  '/variants': { Vary: 'Accept-Language' },
  '/private': { 'Cache-Control': 'private', Vary: 'Accept-Language' },
  '/ask-first': { 'Cache-Control': 'no-cache', Vary: 'Accept-Language' },
};

type Ask = (path: string, language: string) => Promise<void>;

/** Repeats the request when the response is stale, soft-purged and purged. */
async function again(bench: CacheBench, ask: Ask): Promise<void> {
  for (const change of [
    () => bench.clock.advance(31_000),
    () => bench.clock.advance(100_000),
    () => bench.epochs.bump({ kind: 'soft', targets: [tagTarget('products')] }),
    () => bench.epochs.bump({ kind: 'hard', targets: [tagTarget('products')] }),
  ]) {
    change();
    for (const path of Object.keys(FIELDS)) {
      await ask(path, 'de');
      await turn();
      await ask(path, 'de');
    }
  }
}

describe('a store', () => {
  const store = (): CacheStore<CacheEntry> => new MemoryStore<CacheEntry>(1_000_000, 100_000, new FakeClock());

  it('without errors passes this test', () => journey({ store: store(), tiers: [new MapTier()] }));

  it.each(['get', 'set', 'delete', 'grow', 'bytes', 'size'])('that throws in %s fails no request', member =>
    journey({ store: failing(store(), member, 'throws') }),
  );

  it('that throws in every method fails no request', async () => {
    const members = ['get', 'set', 'delete', 'grow', 'bytes', 'size'];
    await journey({ store: members.reduce((whole, member) => failing(whole, member, 'throws'), store()) });
  });
});

describe('a tier', () => {
  const members = ['stamp', 'get', 'set', 'delete', 'purge', 'close', 'name'];

  it.each(members)('that throws in %s fails no request', async member => {
    await journey({ tiers: [failing(new MapTier(), member, 'throws')] });
    await journey({ tiers: [failing(new MapTier(), member, 'throws'), new MapTier()] });
  });

  it('that rejects fails no request', () => journey({ tiers: [failing(new MapTier(), 'get', 'rejects')] }));

  it('that throws in every method does not keep other tiers from being used', async () => {
    const broken = members.reduce<CacheTier>((whole, member) => failing(whole, member, 'throws'), new MapTier());
    const sound = new MapTier();
    await journey({ tiers: [broken, sound] });
    expect(sound.records.size).toBeGreaterThan(0);
    const later = cacheBench({ tiers: [broken, sound] });
    await later.ask(exchange({ path: '/other' }));
    const last = cacheBench({ tiers: [broken, sound] });
    await last.ask(exchange({ path: '/other' }));
    expect(last.asked).toHaveLength(0);
  });

  it('that throws at a purge does not keep other tiers from receiving it', () => {
    const epochs = new LocalTagEpochs();
    const sound = new MapTier();
    const purger = new TagPurger(epochs, undefined, [failing(new MapTier(), 'purge', 'throws'), sound]);
    const before = [epochs.now(), sound.purgePosition()];
    purger.purge({ kind: 'hard', targets: [tagTarget('products')] });
    expect(epochs.now()).toBeGreaterThan(before[0] ?? 0);
    expect(sound.purgePosition()).toBeGreaterThan(before[1] ?? 0);
  });
});

describe('a distributed lock', () => {
  const inFlightFetches: DistributedCacheLock = { claim: async () => true, release: () => {} };

  it.each([
    ['claim', 'throws'],
    ['claim', 'rejects'],
    ['release', 'throws'],
  ] as const)('fails no request where %s %s', (member, how) =>
    journey({ inFlightFetches: failing(inFlightFetches, member, how) }),
  );
});
