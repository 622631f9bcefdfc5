import { describe, expect, it } from 'vitest';
import { purgeOf } from '../../../src/config/purge-request.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { type BenchOptions, cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { exchange, headers, textReply } from '../../support/exchange.ts';
import { MapTier } from '../../support/map-tier.ts';

/** A bench whose response has these fields, after one request. */
async function asked(fields: Readonly<Record<string, string>>, options: BenchOptions = {}, x: Exchange = exchange()) {
  const made = cacheBench(options);
  made.response = () => textReply('fresh', fields);
  await made.ask(x);
  return made;
}

const carrying = (fields: Readonly<Record<string, string>>) => exchange({ headers: headers(fields) });

describe('a stored response', () => {
  it('is explained with its age, size, tags and the result of a hit', async () => {
    const { explain, clock, asked: calls } = await asked({ ETag: '"v1"' });
    clock.advance(8_500);
    expect(explain()).toEqual({
      key: 'GET /',
      state: 'fresh',
      stored: {
        in: 'memory',
        status: 200,
        ageSeconds: 8,
        freshForSeconds: 21,
        refreshedForSeconds: 0,
        insteadOfErrorForSeconds: 21,
        insteadOfSilenceForSeconds: 81,
        bytes: 5,
        tags: ['products'],
        softlyPurged: false,
        validators: ['If-None-Match: "v1"'],
      },
      tiers: [],
      result: { verdict: 'HIT', detail: 'fresh for 21 s' },
    });
    expect(calls).toHaveLength(1);
  });

  it('is a 304 for a matching validator and a part for a Range', async () => {
    const { explain } = await asked({ ETag: '"v1"' });
    expect(explain(carrying({ 'If-None-Match': '"v1"' })).result.detail).toBe('as 304, fresh for 30 s');
    expect(explain(carrying({ Range: 'bytes=0-1' })).result.detail).toBe('as 206, fresh for 30 s');
  });

  it('is stale with its windows: served during revalidation or in place of an error', async () => {
    const { explain, clock } = await asked({ ETag: '"v1"' }, { policy: { swrMs: 60_000, staleIfErrorMs: 600_000 } });
    clock.advance(45_000);
    expect(explain()).toMatchObject({
      state: 'stale',
      stored: {
        ageSeconds: 45,
        freshForSeconds: -15,
        refreshedForSeconds: 45,
        insteadOfErrorForSeconds: 585,
        insteadOfSilenceForSeconds: 585,
      },
      result: { verdict: 'STALE' },
    });
    clock.advance(50_000);
    expect(explain()).toMatchObject({
      state: 'stale',
      stored: { refreshedForSeconds: 0 },
      result: { verdict: 'REVALIDATE', detail: 'it is stale; If-None-Match: "v1"' },
    });
  });

  it('is revalidated before each use if its backend sent no-cache', async () => {
    const { explain } = await asked({ ETag: '"v1"', 'Cache-Control': 'no-cache' });
    expect(explain()).toMatchObject({ state: 'must-revalidate', result: { verdict: 'REVALIDATE' } });
  });

  it('is stale after a soft purge and gone after a hard one', async () => {
    const { explain, epochs } = await asked({}, { policy: { swrMs: 60_000 } });
    epochs.bump(purgeOf({ tags: ['products'], soft: true }));
    expect(explain()).toMatchObject({ state: 'stale', stored: { softlyPurged: true }, result: { verdict: 'STALE' } });
    epochs.bump(purgeOf({ tags: ['products'] }));
    expect(explain()).toMatchObject({ state: 'absent', result: { verdict: 'MISS' } });
  });
});

describe('a response that is not stored', () => {
  it('is a miss, with a hint that only memory was searched', () => {
    const { explain, asked: calls } = cacheBench({ tiers: [new MapTier()] });
    expect(explain()).toEqual({
      key: 'GET /',
      state: 'absent',
      tiers: [new MapTier().name],
      result: { verdict: 'MISS', detail: '' },
    });
    expect(calls).toHaveLength(0);
  });

  it('comes with the reason if responses are not shareable', async () => {
    const { explain } = await asked({ 'Cache-Control': 'private' });
    expect(explain()).toMatchObject({
      state: 'unshared',
      why: 'private',
      result: { verdict: 'PASS', detail: 'responses here are not shared: private' },
    });
  });

  it('may have another variant, whose validator is sent', async () => {
    const fields = { Vary: 'Accept-Language', ETag: '"de"' };
    const { explain } = await asked(fields, {}, carrying({ 'Accept-Language': 'de' }));
    expect(explain(carrying({ 'Accept-Language': 'de' }))).toMatchObject({
      key: 'GET / · accept-language=de',
      state: 'fresh',
    });
    expect(explain(carrying({ 'Accept-Language': 'fr' }))).toMatchObject({
      key: 'GET / · accept-language=fr',
      state: 'absent',
      result: { verdict: 'MISS', detail: 'only other variants are stored, revalidated with the tags of one' },
    });
    expect(explain().key).toBe('GET / · no accept-language');
  });
});

describe('the key', () => {
  it('shows the relevant query, the headers of the route, the user and the backend request', () => {
    const { explain } = cacheBench({
      key: { vary: ['x-market'], perUser: true, query: { ignore: ['utm_*'], only: undefined, sort: true } },
    });
    const x = carrying({ 'X-Market': 'eu' })
      .with({ path: '/a', search: '?b=2&utm_source=x&a=1' })
      .withDetails({ subject: 'u7' });
    expect(explain(x).key).toBe('GET /a?a=1&b=2 · x-market=eu · user u7');
    const part = cacheBench({ key: { by: 'call' } });
    const call = { service: { serviceName: 'stock' }, path: '/stock/7', search: '?q=1' };
    expect(part.explain(exchange({ call })).key).toBe('GET stock /stock/7?q=1');
  });
});

describe('a request that bypasses the cache', () => {
  it.each([
    ['a method', exchange({ method: 'POST' }), {}, 'only GET and HEAD are served from the cache'],
    ['a precondition', carrying({ 'If-Match': '"a"' }), {}, 'the backend evaluates preconditions'],
    ['nobody', exchange(), { key: { perUser: true } }, 'responses are stored per user, and no guard named the user'],
  ] as const)('gets the reason: %s', (_name, x, options, detail) => {
    expect(cacheBench(options).explain(x)).toMatchObject({ state: 'bypassed', result: { verdict: 'PASS', detail } });
  });

  it('has credentials that the stored response may not be used for', async () => {
    const { explain } = await asked({});
    const x = carrying({ Authorization: 'Basic eDp5' });
    expect(explain(x)).toMatchObject({ state: 'fresh', result: { verdict: 'PASS' } });
    expect(cacheBench().explain(x).result).toEqual({ verdict: 'PASS', detail: 'the request has credentials' });
  });
});

describe('an explanation', () => {
  const STATES: readonly (readonly [name: string, fields: Readonly<Record<string, string>>, advanceMs: number])[] = [
    ['fresh', { ETag: '"v1"' }, 0],
    ['stale with a window', { ETag: '"v1"', 'Cache-Control': 'max-age=10, stale-while-revalidate=60' }, 20_000],
    ['stale with a validator', { ETag: '"v1"', 'Cache-Control': 'max-age=10' }, 20_000],
    ['stale without one', { 'Cache-Control': 'max-age=10' }, 20_000],
    ['no-cache', { ETag: '"v1"', 'Cache-Control': 'no-cache' }, 0],
    ['private', { 'Cache-Control': 'private' }, 0],
    ['no-store', { 'Cache-Control': 'no-store' }, 0],
    ['for authorized', { 'Cache-Control': 'public, max-age=60' }, 0],
    ['only another variant', { Vary: 'X-Market' }, 0],
  ];
  const REQUESTS = [
    exchange(),
    exchange({ method: 'HEAD' }),
    exchange({ method: 'DELETE' }),
    carrying({ Authorization: 'Basic eDp5' }),
    carrying({ Range: 'bytes=0-1' }),
    carrying({ 'Cache-Control': 'no-cache' }),
    carrying({ 'Cache-Control': 'no-store' }),
    carrying({ 'Cache-Control': 'only-if-cached' }),
    carrying({ 'Cache-Control': 'max-stale' }),
    carrying({ 'X-Market': 'eu' }),
  ];

  it.each(['default', 'rfc9111'] as const)('matches what the cache then does (profile %s)', async profile => {
    for (const [name, fields, advanceMs] of STATES) {
      for (const x of REQUESTS) {
        const made = await asked(fields, { policy: { profile } });
        made.clock.advance(advanceMs);
        const { result } = made.explain(x);
        const before = made.asked.length;
        const happened = await Promise.try(() => made.ask(x)).then(cacheStatusOf, error => String(error.code));
        const sent = made.asked.slice(before);
        const about = `${name}, ${x.method} ${x.headers.flat.join(' ')}: ${happened}`;
        const isConditional = sent.some(({ headers }) => headers.has('if-none-match'));
        expect(VERDICT[result.verdict](happened, sent.length, isConditional), `${result.verdict} ${about}`).toBe(true);
      }
    }
  });
});

const VERDICT = {
  HIT: (status: string, sent: number) => status.includes('; hit; ttl=') && sent === 0,
  STALE: (status: string) => status.includes('; hit; ttl=-'),
  REVALIDATE: (status: string, sent: number, isConditional: boolean) =>
    status.includes('fwd=') && sent === 1 && isConditional,
  MISS: (status: string, sent: number, isConditional: boolean) =>
    status.includes('fwd=') && sent === 1 && !isConditional,
  PASS: (status: string, sent: number) => status.includes('fwd=') && sent === 1,
  REFUSE: (status: string, sent: number) => status === 'cache.only_if_cached' && sent === 0,
};
