import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/core/exchange.ts';
import { GatewayError } from '../../../../src/core/failure.ts';
import { HeaderList } from '../../../../src/core/headers/header-list.ts';
import { normalField } from '../../../../src/policies/cache/http/normalized-field.ts';
import { startBackend } from '../../../support/backend.ts';
import { type CacheBench, cacheBench, cacheStatusOf } from '../../../support/cache-bench.ts';
import { exchange, headers, textOf, textReply } from '../../../support/exchange.ts';
import { route } from '../../../support/gateway.ts';
import { MapTier } from '../../../support/map-tier.ts';
import { exchangeRaw, parsed } from '../../../support/raw.ts';
import { testResources } from '../../../support/resources.ts';

const { gateway, own } = testResources();

const NAMES = [
  ...['Accept', 'Accept-Language', 'Accept-Encoding', 'Accept-Charset', 'User-Agent', 'Origin', 'Referer', 'Cookie'],
  ...['X-Original-URI', 'X-Original-URL', 'X-HTTP-Host-Override', 'X-Middleware-Subrequest', 'X-HTTP-Method-Override'],
  ...['Content-Type', 'X-Tenant', 'X-Anything', 'Sec-Fetch-Site', 'Save-Data', 'X-Forwarded-For', 'Forwarded'],
];
const VALUES = ['a', 'b', 'de', 'en;q=0.5, de', 'text/html', 'gzip', '"x, y"', 'a , b', 'a,b', '', 'evil"<script>'];

const said = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)), {
  selector: ([name]) => name,
  maxLength: 5,
});

/** What a backend saw of the fields that a test may send, without constants of the gateway. */
function seenBy(x: Exchange): Record<string, string> {
  const fields = NAMES.map(name => [name.toLowerCase(), x.headers.joined(name.toLowerCase()) ?? 'unknown']);
  const own = new Set(['portico', 'unknown', 'identity', '*/*']);
  return Object.fromEntries(fields.filter(([, value = '']) => !own.has(value)));
}

function isAnothers(seen: Record<string, string>, asked: Exchange): boolean {
  return Object.entries(seen).some(([name, value]) => {
    const own = asked.headers.joined(name);
    // The gateway replaces the client's field by its own.
    if (name === 'forwarded') return value !== own && !value.startsWith('for=unknown');
    return own === undefined || normalField(name, own) !== normalField(name, value);
  });
}

async function isolated(made: CacheBench, rounds: readonly (readonly (readonly [string, string])[])[]): Promise<void> {
  for (const fields of rounds) {
    const x = exchange({ path: '/page', headers: new HeaderList(fields.flat()) });
    const reply = await made.ask(x);
    const seen: Record<string, string> = JSON.parse(textOf(reply) || '{}');
    expect(isAnothers(seen, x), `${JSON.stringify(seen)} for ${JSON.stringify(fields)}`).toBe(false);
  }
}

describe('a response that depends on any request field', () => {
  const varies = fc.array(fc.constantFrom(...NAMES, ''), { maxLength: 2 });
  const controls = fc.constantFrom('max-age=60', 'max-age=60, public', 'private', 'no-cache', 'no-store', '');
  const policy = fc.record({
    vary: fc.subarray(['x-tenant', 'accept-language']),
    by: fc.constantFrom('client', 'call'),
  });

  it('is shared only by requests with equal fields, with and without Vary', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(said, { minLength: 2, maxLength: 12 }),
        fc.array(fc.tuple(varies, controls), { minLength: 1, maxLength: 4 }),
        policy,
        async (rounds, responses, { vary, by }) => {
          const made = cacheBench({ key: { vary: [...vary].sort(), by }, tiers: [new MapTier()] });
          let turn = 0;
          made.response = x => {
            const [names, control] = responses[turn++ % responses.length] ?? [[], ''];
            const fields: Record<string, string> = { 'Cache-Control': control, ETag: `"${JSON.stringify(turn)}"` };
            const named = names.filter(name => name !== '').join(', ');
            if (named !== '') fields.Vary = named;
            return textReply(JSON.stringify(seenBy(x)), fields);
          };
          // An aggregate requests every part as JSON.
          const isSaid = ([name]: readonly [string, string]) => by === 'client' || name !== 'Accept';
          await isolated(
            made,
            rounds.map(fields => fields.filter(isSaid)),
          );
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('is made from the client’s own fields if it is private', async () => {
    await fc.assert(
      fc.asyncProperty(said, fc.constantFrom(200, 302, 404), async (fields, status) => {
        const made = cacheBench();
        made.response = x =>
          textReply(JSON.stringify(seenBy(x)), { 'Cache-Control': 'private', Location: '/login' }, status);
        for (let i = 0; i < 3; i++) {
          const x = exchange({ headers: new HeaderList(fields.flat()) });
          const seen: Record<string, string> = JSON.parse(textOf(await made.ask(x)));
          for (const name of ['x-tenant', 'x-anything', 'accept-language', 'cookie', 'origin']) {
            const value = x.headers.get(name);
            expect(seen[name] === undefined ? undefined : normalField(name, seen[name])).toBe(
              value === undefined ? undefined : normalField(name, value),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the request for a shared response', () => {
  it('drops every field that could mislead a backend', async () => {
    const made = cacheBench();
    await made.ask(exchange({ headers: new HeaderList(NAMES.flatMap(name => [name, 'evil'])) }));
    const names = made.asked[0]?.headers.flat.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase());
    expect(names?.toSorted()).toEqual(
      [...['accept', 'accept-encoding', 'accept-language'], ...['forwarded', 'origin', 'user-agent']]
        .concat('x-forwarded-for')
        .toSorted(),
    );
  });

  it('identifies neither the address nor the program of the client', async () => {
    const made = cacheBench();
    const asked = headers({
      'User-Agent': 'Mozilla',
      'X-Forwarded-For': '192.0.2.1',
      Forwarded: 'for=192.0.2.1;host=shop.test;proto=http',
      Via: '1.0 somebody, 1.0 portico-1',
      'X-Forwarded-Host': 'shop.test:80',
    });
    await made.ask(exchange({ headers: asked }));
    expect(made.asked[0]?.headers.toObject()).toEqual({
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'portico',
      'x-forwarded-for': 'unknown',
      forwarded: 'for=unknown;host="shop.test";proto=http',
      via: '1.1 portico-1',
      'x-forwarded-host': 'shop.test',
    });
  });

  it('carries the client’s address if the key covers it', async () => {
    const made = cacheBench({ key: { vary: ['x-forwarded-for'] } });
    made.response = x => textReply(`near ${x.headers.get('x-forwarded-for')}`);
    const from = (address: string) => made.ask(exchange({ headers: headers({ 'X-Forwarded-For': address }) }));
    expect([textOf(await from('192.0.2.1')), textOf(await from('192.0.2.2'))]).toEqual([
      'near 192.0.2.1',
      'near 192.0.2.2',
    ]);
  });

  it('has its fields in the normal form of the key', async () => {
    const made = cacheBench({ key: { vary: ['accept', 'accept-language', 'x-list'] } });
    const fields = {
      Accept: 'Text/HTML ; Level=A,*/*;q=0.1',
      'Accept-Language': 'EN;q=0.50 , zh-hant-tw,de-de',
      'X-List': 'a ,b',
    };
    await made.ask(exchange({ headers: headers(fields) }));
    expect(made.asked[0]?.headers.toObject()).toMatchObject({
      accept: 'text/html;Level=A, */*;q=0.1',
      'accept-language': 'zh-Hant-TW, de-DE, en;q=0.5',
      'x-list': 'a, b',
    });
  });
});

describe('a backend that varies by an undeclared field', () => {
  const byTenant = (): CacheBench => {
    const made = cacheBench();
    made.response = x => textReply(`for ${x.headers.get('x-tenant')}`, { Vary: 'X-Tenant' });
    return made;
  };
  const as = (made: CacheBench, tenant: string, path = '/') =>
    made.ask(exchange({ path, headers: headers(tenant === '' ? {} : { 'X-Tenant': tenant }) }));

  it('has each variant stored, and its Vary is learned once', async () => {
    const made = byTenant();
    for (let round = 0; round < 2; round++) {
      for (const tenant of ['acme', 'zenith']) expect(textOf(await as(made, tenant))).toBe(`for ${tenant}`);
    }
    // One call without the field, then one for each value.
    expect(made.asked).toHaveLength(3);
    expect(cacheStatusOf(await as(made, 'acme'))).toContain('hit');
    // For other addresses the Vary is known already.
    for (const path of ['/b', '/c']) expect(textOf(await as(made, 'acme', path))).toBe('for acme');
    expect(made.asked).toHaveLength(5);
  });

  it('has a variant of its own for requests without the field', async () => {
    const made = byTenant();
    expect(textOf(await as(made, 'acme'))).toBe('for acme');
    expect(textOf(await as(made, ''))).toBe('for undefined');
    expect(textOf(await as(made, 'acme'))).toBe('for acme');
  });

  it('gets one call for concurrent requests with the same value', async () => {
    const made = byTenant();
    const herd = await Promise.all(Array.from({ length: 50 }, () => as(made, 'acme')));
    expect(new Set(herd.map(textOf))).toEqual(new Set(['for acme']));
    expect(made.asked).toHaveLength(2);
  });
});

describe('concurrent requests in many languages', () => {
  it('are two calls if the backend ignores the language, and one for each otherwise', async () => {
    const ask = (made: CacheBench, i: number) =>
      made.ask(exchange({ headers: headers({ 'Accept-Language': `x-${i}` }) }));
    const careless = cacheBench();
    await Promise.all(Array.from({ length: 100 }, (_, i) => ask(careless, i)));
    expect(careless.asked.length).toBeLessThanOrEqual(2);
    const careful = cacheBench();
    careful.response = x => textReply(`in ${x.headers.get('accept-language')}`, { Vary: 'Accept-Language' });
    const herd = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(careful, i)));
    expect(herd.map(textOf)).toEqual(Array.from({ length: 100 }, (_, i) => `in x-${i}`));
    expect(careful.asked).toHaveLength(100);
  });
});

describe('a page with keepForever', () => {
  it('is served to every browser, whichever had it stored', async () => {
    const made = cacheBench({ policy: { keepForever: true } });
    const by = (accept: string, language: string) =>
      made.ask(exchange({ headers: headers({ Accept: accept, 'Accept-Language': language }) }));
    await by('text/html,*/*;q=0.8', 'en');
    made.clock.advance(86_400_000);
    made.response = () => {
      throw new GatewayError('upstream.unreachable', 'gone');
    };
    expect(textOf(await by('text/html', 'de'))).toBe('fresh');
  });
});

describe('a normalized value in a key', () => {
  const names = fc.constantFrom('accept', 'accept-language', 'accept-charset', 'accept-encoding', 'x-list', 'cookie');
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'aA,;=q01.*/"\\ -\t'.split('')), maxLength: 20 }),
    fc.string({ maxLength: 20 }),
  );

  it('is idempotent and keeps text outside the grammar', () => {
    fc.assert(
      fc.property(names, value, (name, text) => {
        const once = normalField(name, text);
        expect(normalField(name, once)).toBe(once);
        const letters = (each: string) => each.toLowerCase().replaceAll(/[\s,]|;q=[\d.]+|identity/gi, '');
        if (name === 'x-list') expect(letters(once)).toBe(letters(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['accept-language', 'de;q=high', 'de;q=high'],
    ['accept-language', 'de;q=0.8;x=1', 'de;q=0.8;x=1'],
    ['accept-language', 'evil"', 'evil"'],
    ['accept-language', 'fr, en', 'fr, en'],
    ['accept-language', 'en;q=0.8, fr', 'fr, en;q=0.8'],
    ['accept', 'text/html;v="A  B"', 'text/html;v="A  B"'],
    ['accept-encoding', 'gzip, br;q=0.5', 'br, gzip, identity'],
    ['accept-encoding', 'gzip;q=much', 'gzip;q=much'],
    ['x-list', ' a ,"b , c", d ', 'a, "b , c", d'],
    ['x-list', 'a ,"b , c', 'a ,"b , c'],
  ])('of %s: %s', (name, text, expected) => {
    expect(normalField(name, text)).toBe(expected);
  });
});

describe('over real sockets', () => {
  it('a page is not poisoned by an invented header, and sends its Vary', async () => {
    const backend = own(
      await startBackend((req, res) => {
        res.writeHead(200, { 'Content-Type': 'application/json', Vary: 'X-Plan' });
        res.end(JSON.stringify({ lead: req.headers['x-original-uri'], plan: req.headers['x-plan'] ?? 'none' }));
      }),
    );
    const { port } = await gateway({
      'routes/page.get.ts': route(`'/page', {
        proxy: '${backend.url}',
        cache: { ttl: '1h', vary: ['X-Tenant'] },
      }`),
    });
    const ask = async (lines: string) =>
      parsed(await exchangeRaw(port, `GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`));
    const evil = await ask('X-Original-URI: /admin\r\n');
    expect(evil.body).toContain('"plan":"none"');
    expect(evil.body).not.toContain('admin');
    const plain = await ask('');
    expect(plain.head).toContain('hit');
    for (const each of [evil, plain]) expect(each.head).toMatch(/^vary: .*X-Tenant/im);
    expect((await ask('X-Plan: gold\r\n')).body).toContain('"plan":"gold"');
    expect((await ask('')).body).toContain('"plan":"none"');
  });
});
