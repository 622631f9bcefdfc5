import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CacheTier } from '../../../../src/core/ports/cache-tier.ts';
import { tagTarget } from '../../../../src/core/purge.ts';
import { decodeEntry } from '../../../../src/policies/cache/storage/codec.ts';
import { cacheBench, cacheStatusOf } from '../../../support/cache-bench.ts';
import { exchange, headers, textOf, textReply } from '../../../support/exchange.ts';
import { MapTier } from '../../../support/map-tier.ts';

const turns = () => new Promise(setImmediate);

describe('a tier behind the memory', () => {
  it('returns what memory has evicted, with its age', async () => {
    const tier = new MapTier();
    const before = cacheBench({ tiers: [tier] });
    await before.ask();
    const after = cacheBench({ tiers: [tier] });
    after.clock.advance(8_000);
    const reply = await after.ask();
    expect(textOf(reply)).toBe('fresh');
    expect(reply.headers.get('age')).toBe('8');
    expect(cacheStatusOf(reply)).toBe('portico; hit; ttl=22');
    expect(after.asked).toHaveLength(0);
    // From then on it is in memory, so the result is no promise.
    expect(after.ask()).not.toBeInstanceOf(Promise);
  });

  it('is queried once for concurrent requests', async () => {
    const tier = new MapTier();
    const { ask } = cacheBench({ tiers: [tier] });
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(tier.gets).toBe(1);
  });

  it('finds the variants', async () => {
    const tier = new MapTier();
    const before = cacheBench({ tiers: [tier] });
    const made = cacheBench({ tiers: [tier] });
    before.response = x => textReply(x.headers.get('accept-language') ?? '', { Vary: 'Accept-Language' });
    made.response = before.response;
    const inLanguage = (language: string) => exchange({ headers: headers({ 'Accept-Language': language }) });
    for (const language of ['de', 'fr']) await before.ask(inLanguage(language));
    for (const language of ['de', 'fr']) expect(textOf(await made.ask(inLanguage(language)))).toBe(language);
    expect(made.asked).toHaveLength(0);
    await made.ask(inLanguage('it'));
    expect(made.asked).toHaveLength(1);
  });

  it('returns nothing that was purged, and returns soft-purged entries as stale', async () => {
    const tier = new MapTier();
    const made = cacheBench({ tiers: [tier] });
    await made.ask();
    tier.purge({ kind: 'soft', targets: [tagTarget('products')] });
    const later = cacheBench({ tiers: [tier] });
    later.response = () => textReply('newer');
    expect(cacheStatusOf(await later.ask())).toContain('fwd=stale');
    tier.purge({ kind: 'hard', targets: [tagTarget('products')] });
    const last = cacheBench({ tiers: [tier] });
    expect(cacheStatusOf(await last.ask())).toContain('fwd=uri-miss');
  });

  it('counts the age of its entries by the wall clock and distrusts a clock that was set back', async () => {
    const tier = new MapTier();
    await cacheBench({ tiers: [tier] }).ask();
    const ahead = cacheBench({ tiers: [tier] });
    ahead.clock.stepped = 3_600_000;
    expect(cacheStatusOf(await ahead.ask())).toContain('fwd=stale');
    const fresh = new MapTier();
    await cacheBench({ tiers: [fresh] }).ask();
    const back = cacheBench({ tiers: [fresh] });
    back.clock.stepped = -3_600_000;
    expect(cacheStatusOf(await back.ask())).toContain('fwd=stale');
  });

  it('with corrupt bytes counts as empty', async () => {
    const tier = new MapTier();
    const made = cacheBench({ tiers: [tier] });
    await made.ask();
    for (const [key, record] of tier.records) tier.records.set(key, { ...record, bytes: record.bytes.subarray(0, 20) });
    const later = cacheBench({ tiers: [tier] });
    expect(cacheStatusOf(await later.ask())).toContain('fwd=uri-miss');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const here = { epoch: 1, at: { now: 0, wall: 0 }, grown: () => {} };
        expect(decodeEntry({ bytes: Buffer.from(bytes), soft: false }, here)).toBeUndefined();
      }),
    );
  });

  it('that does not respond delays no request that can join an in-flight fetch', async () => {
    const never: CacheTier = {
      name: 'never',
      purgePosition: () => 0,
      get: async () => undefined,
      set: () => {},
      delete: () => {},
      purge: () => {},
      close: async () => {},
    };
    const { ask, asked } = cacheBench({ tiers: [never, never] });
    await Promise.all([ask(), ask()]);
    await turns();
    expect(asked).toHaveLength(1);
  });
});
