import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesBody } from '../../../src/core/body.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import type { BusEvent } from '../../../src/core/ports/bus.ts';
import { NO_LABELS } from '../../../src/core/purge.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';
import { route } from '../../support/gateway.ts';
import { MapTier } from '../../support/map-tier.ts';
import { testResources } from '../../support/resources.ts';

const { gateway, backend } = testResources();

const STALE_FOR = { ttlMs: 1_000, swrMs: undefined, staleIfErrorMs: 600_000 };
const TRANSIENT = [408, 425, 429, 500, 501, 502, 503, 504, 599];
/** Every way to forbid storing. */
const UNSTORABLE: readonly (readonly string[])[] = [
  [],
  ['Cache-Control', 'no-store'],
  ['Cache-Control', 'private'],
  ['Set-Cookie', 'a=1'],
  ['Vary', '*'],
  ['Cache-Control', 'max-age=0'],
  ['Content-Type', 'text/event-stream'],
];
const FINAL = [200, 201, 204, 301, 302, 303, 307, 401, 402, 403, 404, 405, 406, 409, 410, 418, 451];

const old = () => textReply('old', { ETag: '"old"' });
const gone = (): Reply => {
  throw new GatewayError('upstream.unreachable', 'gone');
};

describe('a response that the backend has withdrawn', () => {
  it('is removed whatever replaces it, and never returns as stale-if-error', async () => {
    const response = fc.record({ status: fc.constantFrom(...FINAL), fields: fc.constantFrom(...UNSTORABLE) });
    const later = fc.constantFrom(500, 503, 'gone' as const);
    const settings = fc.record({ swr: fc.boolean(), lasting: fc.boolean(), tier: fc.boolean(), varies: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(response, later, settings, async ({ status, fields }, then, { swr, lasting, tier, varies }) => {
        const tiers = tier ? [new MapTier()] : [];
        const policy = { ...STALE_FOR, swrMs: swr ? 60_000 : undefined, lasting };
        const made = cacheBench({ policy, tiers });
        made.response = () => textReply('old', { ETag: '"old"', ...(varies ? { Vary: 'Accept-Language' } : {}) });
        const asGerman = exchange({ headers: headers({ 'Accept-Language': 'de' }) });
        const ask = async () => textOf(await made.ask(asGerman)).replace(/^$/, 'nothing');
        expect(await ask()).toBe('old');
        made.clock.advance(2_000);
        const body = bytesBody(Buffer.from('withdrawn'));
        made.response = () => ({ status, headers: new HeaderList([...fields]), body });
        const first = await ask();
        // During the revalidation the old response is still allowed.
        expect(first).toBe(swr ? 'old' : 'withdrawn');
        await new Promise(setImmediate);
        made.response = () => (then === 'gone' ? gone() : textReply('failing', {}, then));
        made.clock.advance(2_000);
        for (let i = 0; i < 3; i++) expect(await ask().catch(() => 'failing')).not.toBe('old');
        // A process that starts later must not find it in a tier either.
        const later = cacheBench({ policy, tiers });
        later.response = gone;
        expect(await Promise.resolve(later.ask(asGerman)).then(textOf, () => 'failing')).not.toBe('old');
      }),
      { numRuns: 300 },
    );
  });

  it.each(TRANSIENT)('is kept while the backend fails: %i', async status => {
    const made = cacheBench({ policy: STALE_FOR });
    made.response = old;
    await made.ask();
    made.clock.advance(2_000);
    made.response = () => textReply('failing', {}, status);
    await made.ask();
    made.response = gone;
    expect(textOf(await made.ask())).toBe('old');
  });

  it('is kept if the new response lacks parts whose backends failed', async () => {
    const made = cacheBench({ policy: STALE_FOR });
    made.response = old;
    await made.ask();
    made.clock.advance(2_000);
    const makeshift = { storable: false, freshUntil: undefined, labels: NO_LABELS, makeshift: true } as const;
    made.response = () => ({ ...textReply('without a part'), dependencies: makeshift });
    await made.ask();
    made.response = gone;
    expect(textOf(await made.ask())).toBe('old');
  });

  it('is removed by a HEAD, but not by the HEAD of one user', async () => {
    for (const [fields, expected] of [
      [{}, 'failing'],
      [{ Cookie: 'a=1' }, 'old'],
      [{ Authorization: 'Basic YQ==' }, 'old'],
    ] as const) {
      const made = cacheBench({ policy: STALE_FOR });
      made.response = () => textReply('old', { 'Cache-Control': 'max-age=1, public' });
      await made.ask();
      made.clock.advance(2_000);
      made.response = () => textReply('', {}, 403);
      await made.ask(exchange({ method: 'HEAD', headers: headers(fields) }));
      made.response = gone;
      expect(await Promise.resolve(made.ask()).then(textOf, () => 'failing')).toBe(expected);
    }
  });

  it('is removed in all variants by a shareable response, and in one by an unshareable one', async () => {
    for (const [fields, french] of [
      [{}, 'failing'],
      [{ Vary: 'Accept-Language' }, 'in fr'],
    ] as const) {
      const made = cacheBench({ policy: STALE_FOR });
      const ask = (language: string) =>
        Promise.resolve(made.ask(exchange({ headers: headers({ 'Accept-Language': language }) }))).then(
          textOf,
          () => 'failing',
        );
      made.response = x => textReply(`in ${x.headers.get('accept-language')}`, { Vary: 'Accept-Language' });
      for (const language of ['de', 'fr']) await ask(language);
      made.clock.advance(2_000);
      made.response = () => textReply('withdrawn', fields, 403);
      await ask('de');
      made.response = gone;
      expect([await ask('de'), await ask('fr')]).toEqual(['failing', french]);
    }
  });

  it('is removed when the new response turns out too large to be stored', async () => {
    const made = cacheBench({ policy: STALE_FOR });
    made.response = old;
    await made.ask();
    made.clock.advance(2_000);
    made.response = () => textReply('x'.repeat(2_000));
    await made.ask();
    made.response = gone;
    await expect((async () => made.ask())()).rejects.toMatchObject({ code: 'upstream.unreachable' });
  });

  it('is reported to the other processes once, and only if something was stored', async () => {
    const headers: BusEvent[] = [];
    const bus = { publish: (event: BusEvent) => void headers.push(event), subscribe: () => {} };
    const made = cacheBench({ policy: STALE_FOR, bus });
    made.response = () => textReply('no', {}, 403);
    for (let i = 0; i < 5; i++) await made.ask(exchange({ path: `/${i}` }));
    expect(headers).toEqual([]);
    made.response = old;
    await made.ask();
    made.clock.advance(2_000);
    made.response = () => textReply('no', {}, 403);
    for (let i = 0; i < 3; i++) await made.ask();
    expect(headers.map(({ purge }) => purge.kind)).toEqual(['hard']);
  });
});

describe('an aggregate whose part is withdrawn', () => {
  const page = async (part: string, policy = `ttl: '1s', staleIfError: '1h'`) => {
    const clock = new FakeClock();
    const says = { status: 200, headers: {} as Record<string, string> };
    const shop = await backend((_req, res) => {
      res.writeHead(says.status, { 'Content-Type': 'application/json', ...says.headers }).end('"secret"');
    });
    const made = await gateway(
      {
        'routes/page.get.ts': route(`'/page', {
          aggregate: {
            a: { from: defineService('a', { targets: ['${shop.url}'] })('/a'), response: type<string>(), ${part} },
          },
          reply: ({ a }) => ({ a }),
          cache: { ${policy} },
        }`),
      },
      { clock },
    );
    const read = async () => (await fetch(`${made.url}/page`)).text();
    return { clock, says, read };
  };

  it.each(
    [302, 401, 403, 404, 410].flatMap(status =>
      ['', 'optional: true', `cache: { ttl: '1s', staleIfError: '1h' }`, `retry: false`].map(
        part => [status, part] as const,
      ),
    ),
  )('by %i is removed and does not return after a 500 (part: %s)', async (status, part) => {
    const { clock, says, read } = await page(part);
    expect(await read()).toContain('secret');
    clock.advance(2_000);
    says.status = 500;
    // The route allows a response without the part, which says nothing about the part.
    expect(await read()).toBe(part.includes('optional') ? '{}' : '{"a":"secret"}');
    says.status = status;
    clock.advance(2_000);
    await read();
    says.status = 500;
    clock.advance(2_000);
    expect(await read()).not.toContain('secret');
  });
});
