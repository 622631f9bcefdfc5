import fc from 'fast-check';
import { parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { bytesBody, NO_BODY, type Sink } from '../../../src/core/body.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { CacheEntry } from '../../../src/policies/cache/storage/entry.ts';
import { MemoryStore } from '../../../src/policies/cache/storage/memory-store.ts';
import { type CacheBench, cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';
import { route } from '../../support/gateway.ts';
import { MapTier } from '../../support/map-tier.ts';
import { exchangeRaw, get, parsed } from '../../support/raw.ts';
import { testResources } from '../../support/resources.ts';
import { scriptedBackend } from '../../support/scripted-backend.ts';

const { own, gateway } = testResources();

const PIECES = [
  ...['max-age', 's-maxage', 'public', 'stale-while-revalidate', 'stale-if-error', 'no-cache', 'must-revalidate'],
  ...['min-fresh', 'max-stale', 'only-if-cached', 'immutable', 'key-order', 'params', 'except', 'bytes', 'gzip', 'de'],
  ...['=', '=', ',', ', ', ';', '"', '"', '\\', '(', ')', '?1', ':', '/', '-', '*/', ' ', '\t', '\0', 'é', '🙂', '%'],
  ...['0', '1', '60', '-1', '1.5', '9'.repeat(30), '0x10', '1e9', 'NaN', 'Infinity', 'q=0.5', 'q=', 'W/"a"', '"a"'],
  ...['Thu, 01 Jan 1970 00:00:00 GMT', 'Sun, 31 Feb 2040 25:61:61 GMT', 'Monday, 01-Jan-99 00:00:00 GMT'],
  ...['bytes 0-3/10', 'bytes 5-2/1', 'bytes=0-3', 'bytes=-', 'bytes=99999999999999999999-', 'Accept-Language', 'X-A'],
];
const garbage = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map(pieces => pieces.join('')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);

const RESPONSE_FIELDS = [
  ...['Cache-Control', 'CDN-Cache-Control', 'Portico-Cache-Control', 'Expires', 'Age', 'Date', 'Last-Modified', 'ETag'],
  ...['Vary', 'Content-Range', 'Cache-Groups', 'No-Vary-Search', 'Content-Encoding', 'Pragma'],
];
const REQUEST_FIELDS = [
  ...['Cache-Control', 'Pragma', 'Range', 'If-Range', 'If-None-Match', 'If-Modified-Since', 'If-Match'],
  ...['If-Unmodified-Since', 'Accept', 'Accept-Language', 'Accept-Encoding', 'Accept-Charset', 'X-A', 'Cookie'],
];
const fieldsOf = (names: readonly string[], maxLength: number) =>
  fc.array(fc.tuple(fc.constantFrom(...names), garbage), { maxLength });

/** Fields that forbid storing, whatever else the response says. */
const FORBIDDING = [
  [
    ['Cache-Control', 'no-store'],
    ['CDN-Cache-Control', 'no-store'],
    ['Portico-Cache-Control', 'no-store'],
  ],
  [
    ['Cache-Control', 'private'],
    ['CDN-Cache-Control', 'private'],
    ['Portico-Cache-Control', 'private'],
  ],
  [['Vary', '*']],
] as const;
const COOKIE = [['Set-Cookie', 'a=1']] as const;

type Fields = readonly (readonly [string, string])[];

const EXPECTED = new Set(['cache.only_if_cached', 'upstream.status']);

/** The text of the response, or undefined for an error that a request may meet; any other error is rethrown. */
async function ask(bench: CacheBench, path: string, fields: Fields): Promise<string | undefined> {
  try {
    const reply = await bench.ask(exchange({ path, headers: new HeaderList(fields.flat()) }));
    expect(parseList(cacheStatusOf(reply))).toHaveLength(1);
    const age = reply.headers.get('age');
    if (cacheStatusOf(reply).includes('hit')) expect(age).toMatch(/^\d+$/);
    return textOf(reply);
  } catch (thrown) {
    if (thrown instanceof GatewayError && EXPECTED.has(thrown.code)) return undefined;
    throw thrown;
  }
}

describe.each(['default', 'rfc9111'] as const)(
  'arbitrary values in every field that the cache reads, in the %s profile',
  profile => {
    const bench = (tiers = [new MapTier()]): CacheBench =>
      cacheBench({ policy: { profile, swrMs: 60_000, staleIfErrorMs: 60_000 }, tiers });
    const status = fc.constantFrom(200, 200, 200, 200, 203, 204, 206, 301, 304, 404, 500);

    it('never throw and always lead to a response', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ status, said: fieldsOf(RESPONSE_FIELDS, 6), asked: fieldsOf(REQUEST_FIELDS, 4) }), {
            minLength: 2,
            maxLength: 5,
          }),
          fc.nat(100_000),
          async (rounds, ms) => {
            const made = bench();
            for (const each of rounds) {
              made.response = () => ({
                status: each.status,
                headers: new HeaderList(each.said.flat()),
                body: each.status === 204 || each.status === 304 ? NO_BODY : bytesBody(Buffer.from('0123456789')),
              });
              await ask(made, '/', each.asked);
              made.clock.advance(ms);
              made.clock.stepped += ms % 2 === 0 ? 3_600_000 : -3_600_000;
            }
            expect(made.store.bytes).toBeLessThan(1_000_000);
          },
        ),
        { numRuns: 1_000 },
      );
    });

    const forbidding = profile === 'default' ? [...FORBIDDING, COOKIE] : FORBIDDING;

    it('never make an uncacheable response stored', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...forbidding),
          fieldsOf(RESPONSE_FIELDS, 6),
          fc.nat(6),
          fieldsOf(REQUEST_FIELDS, 3),
          status.filter(each => each !== 304),
          async (forbidden, said, at, asked, answered) => {
            const made = bench();
            let responses = 0;
            const fields = said.toSpliced(
              at,
              0,
              ...forbidden.map(([name, value]) => [name, value] as [string, string]),
            );
            made.response = () => ({
              status: answered,
              headers: new HeaderList(fields.flat()),
              body: bytesBody(Buffer.from(`answer ${++responses}`)),
            });
            const first = await ask(made, '/', asked);
            const second = await ask(made, '/', []);
            expect(second).toBe(`answer ${responses}`);
            expect(second).not.toBe(first);
            const variants = fields.some(([name]) => name === 'No-Vary-Search');
            if (!variants) expect(made.store.size).toBeLessThanOrEqual(1);
          },
        ),
        { numRuns: 1_000 },
      );
    });
  },
);

describe('a Cache-Control line', () => {
  it('does not hide the next line, however its quotes are placed', async () => {
    for (const forbidden of ['no-store', 'private']) {
      const made = cacheBench();
      const lines = ['a="b', forbidden, 'c="d', 'max-age=60'];
      made.response = () => ({
        status: 200,
        headers: new HeaderList(lines.flatMap(line => ['Cache-Control', line])),
        body: bytesBody(Buffer.from('mine')),
      });
      await made.ask();
      await made.ask();
      expect(made.asked.length).toBeGreaterThan(1);
      expect(cacheStatusOf(await made.ask())).not.toContain('hit');
    }
  });
});

const NOWHERE: Sink = { write: () => true, end() {}, onDrain() {}, onClose() {} };

describe('a body whose length differs from Content-Length', () => {
  const server = async (response: string) => {
    const asked: string[] = [];
    const { port: backendPort } = await own(
      await scriptedBackend(socket => {
        socket.on('data', data => {
          asked.push(String(data));
          socket.end(response, 'latin1');
        });
      }),
    );
    const files = { 'routes/page.get.ts': route(`'/page', { proxy: 'http://127.0.0.1:${backendPort}', cache: {} }`) };
    return { asked, port: (await gateway(files)).port };
  };
  const HEAD = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Type: text/plain\r\n';

  it('is truncated for the client if it is shorter, and not stored', async () => {
    const { asked, port } = await server(`${HEAD}Content-Length: 10\r\n\r\nshort`);
    for (let i = 1; i <= 3; i++) {
      const { head, body } = parsed(await exchangeRaw(port, get('/page')).catch(() => ''));
      // The response is either not started or truncated before its announced length.
      if (head.startsWith('HTTP/1.1 200')) expect(body.length).toBeLessThan(10);
      expect(head).not.toContain('hit');
      expect(asked).toHaveLength(i);
    }
  });

  it('is cut if it is longer, and the surplus reaches no client', async () => {
    const { port } = await server(`${HEAD}Content-Length: 5\r\n\r\nhello, and more HTTP/1.1 200 OK`);
    for (let i = 0; i < 3; i++) {
      const text = await exchangeRaw(port, get('/page')).catch(() => '');
      expect(text).not.toContain('and more');
      if (text.startsWith('HTTP/1.1 200')) expect(parsed(text).body).toMatch(/^h?e?l?l?o?$/);
    }
  });

  it('is not stored even if its source reports completion', async () => {
    for (const text of ['short', 'much too long for it']) {
      const made = cacheBench();
      made.response = () => {
        const body = new PushBody({ pause() {}, resume() {}, abort() {} }, 10);
        setImmediate(() => {
          body.push(Buffer.from(text));
          body.finish();
        });
        return { status: 200, headers: headers({ 'Content-Length': '10' }), body };
      };
      for (let i = 1; i <= 2; i++) {
        const { body } = await made.ask();
        const ended = body.kind === 'stream' ? await body.pipe(NOWHERE) : 'none';
        expect(ended).toBe('broken');
        expect(made.asked).toHaveLength(i);
      }
    }
  });

  it('is not stored if it was received in one piece', async () => {
    const made = cacheBench();
    const range = (value: string) => exchange({ headers: headers({ Range: value }) });
    made.response = () =>
      textReply('abcdefgh', { 'Content-Range': 'bytes 0-2/10', 'Cache-Control': 'max-age=60' }, 206);
    await made.ask(range('bytes=0-2'));
    await made.ask(range('bytes=4-5'));
    expect(made.asked).toHaveLength(2);
  });
});

describe('a wall clock step', () => {
  it.each([3_600_000, -3_600_000])('by %i ms does not change stored responses', async step => {
    const made = cacheBench();
    made.response = () => textReply('stored', { Date: new Date(made.clock.wall()).toUTCString() });
    await made.ask();
    made.clock.stepped += step;
    made.clock.advance(10_000);
    const reply = await made.ask();
    expect([textOf(reply), reply.headers.get('age'), cacheStatusOf(reply)]).toEqual([
      'stored',
      '10',
      'portico; hit; ttl=20',
    ]);
    made.clock.advance(20_000);
    expect(cacheStatusOf(await made.ask())).toContain('fwd=stale');
    // Later responses are as old as the new wall clock says.
    made.clock.advance(1_000);
    expect((await made.ask()).headers.get('age')).toBe('1');
  });

  it.each([3_600_000, -3_600_000])('by %i ms does not extend the lifetime of a response from a tier', async step => {
    const tier = new MapTier();
    const made = cacheBench({ tiers: [tier] });
    await made.ask();
    const later = cacheBench({ tiers: [tier] });
    later.clock.stepped = step;
    later.clock.advance(10_000);
    later.response = () => textReply('newer');
    const reply = await later.ask();
    // The time in the tier is unknown, so the entry is revalidated first.
    expect(cacheStatusOf(reply)).toContain('fwd=stale');
    expect(textOf(reply)).toBe('newer');
  });
});

describe('very many variants of one address', () => {
  it('are served correctly within the budget, and 64 of them are kept', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore<CacheEntry>(1_000_000, 100_000, clock);
    const made = cacheBench({ store });
    made.response = x => textReply(`for ${x.headers.get('x-a')}`, { Vary: 'X-A' });
    const variant = (i: number) => made.ask(exchange({ headers: headers({ 'X-A': `variant ${i}` }) }));
    for (let i = 0; i < 10_000; i++) {
      expect(textOf(await variant(i))).toBe(`for variant ${i}`);
      // 64 variants and the list of them.
      expect(store.size).toBeLessThanOrEqual(65);
      expect(store.bytes).toBeLessThanOrEqual(1_000_000);
    }
    // The first response revealed the Vary, and its request was repeated.
    expect(made.asked).toHaveLength(10_001);
    for (let i = 10_000 - 64; i < 10_000; i++) expect(textOf(await variant(i))).toBe(`for variant ${i}`);
    expect(made.asked).toHaveLength(10_001);
    expect(textOf(await variant(5))).toBe('for variant 5');
    expect(made.asked).toHaveLength(10_002);
  });
});

describe('keys of 8 kB', () => {
  it('are distinguished up to their last byte', async () => {
    const made = cacheBench({ tiers: [new MapTier()] });
    made.response = x =>
      textReply(`${x.path.at(-1)} ${x.search.at(-1)} ${x.headers.get('x-a')?.at(-1)}`, { Vary: 'X-A' });
    const long = 'k'.repeat(8_192);
    for (let round = 0; round < 2; round++) {
      for (const [path, search, field] of ['aaa', 'baa', 'aba', 'aab'].map(ends => [...ends])) {
        const x = exchange({
          path: `/${long}${path}`,
          search: `?${long}${search}`,
          headers: headers({ 'X-A': `${long}${field}` }),
        });
        expect(textOf(await made.ask(x))).toBe(`${path} ${search} ${field}`);
      }
    }
    // One more call to learn the Vary.
    expect(made.asked).toHaveLength(5);
    expect(made.store.bytes).toBeGreaterThan(4 * 2 * 3 * 8_192);
  });
});
