import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client, Exchange } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers/header-list.ts';
import { emptyReply } from '../../src/core/reply.ts';
import { AllowedPages, type PageOrigins } from '../../src/middleware/allowed-origins.ts';
import { type CsrfOptions, csrf } from '../../src/middleware/csrf.ts';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { exchange } from '../support/exchange.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, parsed } from '../support/raw.ts';

type Fields = Readonly<Record<string, string>>;

const ADMIN = 'https://admin.example';
const STRANGER = 'https://evil.example';
const COOKIE = { cookie: 'sid=1' };
const BASIC = { authorization: 'Basic dTpw' };

interface Sent {
  readonly method?: string;
  readonly fields: readonly string[];
  readonly client?: Partial<Client>;
  readonly ownCookies?: ReadonlyMap<string, string>;
}

/** An unsafe request to http://shop.test, unless the test says otherwise. */
function requestOf({ method = 'POST', fields, client, ownCookies }: Sent): Exchange {
  const x = exchange({ method, headers: new HeaderList(fields) });
  const to = x.client && { ...x.client, ...client };
  return x.with({ client: to }).withDetails({ ownCookies });
}

/** The detail of the refusal; undefined for a request that is passed on. */
function refusal(sent: Sent, pages: PageOrigins = {}, options: Partial<CsrfOptions> = {}): string | undefined {
  const stage = csrf({ pages: new AllowedPages(pages), needsSession: false, ...options });
  try {
    stage(() => emptyReply(204))(requestOf(sent));
    return undefined;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'request.cross_site', status: 403 });
    return (thrown as Error).message;
  }
}

const fieldsOf = (fields: Fields): readonly string[] => Object.entries(fields).flat();
const isRefused = (fields: Fields, ...more: [PageOrigins?, Partial<CsrfOptions>?]): boolean =>
  refusal({ fields: fieldsOf(fields) }, ...more) !== undefined;

describe('a request that changes something, with the cookies of a user', () => {
  it.each<[Fields, boolean]>([
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://shop.test' }, false],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://other.shop.test' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: STRANGER }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://shop.test' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ 'sec-fetch-site': 'SAME-ORIGIN' }, true],
    [{ 'sec-fetch-site': '' }, true],
    [{ origin: 'http://shop.test' }, false],
    [{ origin: 'https://shop.test' }, false],
    [{ origin: 'http://shop.test:8080' }, true],
    [{ origin: 'http://shop.test.evil.example' }, true],
    [{ origin: STRANGER }, true],
    [{ origin: 'null' }, true],
    [{ origin: '' }, true],
    [{}, true],
  ])('from %o is refused: %s', (page, expected) => {
    expect(isRefused({ ...COOKIE, ...page })).toBe(expected);
  });

  it('says what a program has to send that knows of no page', () => {
    const unknown = refusal({ fields: fieldsOf(COOKIE) });
    expect(unknown).toContain('Origin');
    expect(refusal({ fields: fieldsOf({ ...COOKIE, origin: 'null' }) })).not.toBe(unknown);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND', 'post', 'X-OWN'])('is refused for %s', method => {
    expect(refusal({ method, fields: fieldsOf(COOKIE) })).toBeDefined();
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('is none with %s, which any link sends', method => {
    expect(refusal({ method, fields: fieldsOf({ ...COOKIE, 'sec-fetch-site': 'cross-site' }) })).toBeUndefined();
  });

  it('is no page of the site that a gateway has on HTTPS, if it was loaded over HTTP', () => {
    const sent = { fields: fieldsOf({ ...COOKIE, origin: 'http://shop.test' }) };
    expect(refusal(sent)).toBeUndefined();
    expect(refusal({ ...sent, client: { protocol: 'https' } })).toBeDefined();
    expect(refusal(sent, { own: 'https://shop.test' })).toBeDefined();
    expect(refusal(sent, { own: 'https://other.test' })).toBeUndefined();
  });

  it('may come from the configured origin, behind a proxy with TLS and another host', () => {
    const fields = fieldsOf({ ...COOKIE, origin: 'https://shop.example' });
    const sent = { fields, client: { protocol: 'http', host: '10.0.0.7:8080' } } as const;
    expect(refusal(sent)).toBeDefined();
    expect(refusal(sent, { own: 'https://shop.example' })).toBeUndefined();
    expect(refusal(sent, { own: 'http://shop.example' })).toBeDefined();
    const toOtherHost = { ...sent, fields: [...fields, 'Sec-Fetch-Site', 'same-site'] };
    expect(refusal(toOtherHost, { own: 'https://shop.example' })).toBeUndefined();
  });

  it('may come from a listed origin, whatever the browser says about the site', () => {
    const from = (origin: string): Fields => ({ ...COOKIE, origin, 'sec-fetch-site': 'cross-site' });
    const pages = { patterns: ['https://*.example.com'], allowed: [ADMIN, '*', 'https://*.example.org'] };
    expect(isRefused(from(ADMIN), pages)).toBe(false);
    expect(isRefused(from('https://a.example.com'), pages)).toBe(false);
    for (const other of ['https://example.com', 'http://a.example.com', 'https://a.example.org', STRANGER, 'null']) {
      expect(isRefused(from(other), pages)).toBe(true);
    }
  });

  it.each([
    ['Origin', 'http://shop.test', 'Origin', STRANGER],
    ['Origin', STRANGER, 'Origin', 'http://shop.test'],
    ['Origin', 'http://shop.test', 'Origin', 'http://shop.test'],
    ['Origin', ADMIN, 'Origin', STRANGER],
    ['Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Site', 'same-origin'],
    ['Sec-Fetch-Site', 'same-origin', 'Origin', 'http://shop.test', 'Origin', STRANGER],
  ])('is refused with two values of a field: %s: %s, %s: %s', (...fields) => {
    expect(refusal({ fields: ['Cookie', 'sid=1', ...fields] }, { allowed: [ADMIN] })).toBeDefined();
  });

  it('is refused without a host, as HTTP/1.0 may send it', () => {
    const fields = fieldsOf({ ...COOKIE, origin: 'http://shop.test' });
    expect(refusal({ fields, client: { host: '' } })).toBeDefined();
    expect(refusal({ fields: ['Cookie', 'sid=1', 'Origin', 'http://'], client: { host: '' } })).toBeDefined();
  });
});

describe('the credentials of a user', () => {
  const CROSS = { origin: STRANGER, 'sec-fetch-site': 'cross-site' };

  it.each<[string, Fields, boolean]>([
    ['a cookie', COOKIE, true],
    ['Basic', BASIC, true],
    ['digest', { authorization: 'digest username="u"' }, true],
    ['Negotiate', { authorization: 'Negotiate YII=' }, true],
    ['NTLM', { authorization: 'NTLM TlRM' }, true],
    ['a scheme alone', { authorization: 'Basic' }, true],
    ['Bearer', { authorization: 'Bearer eyJ' }, false],
    ['a scheme that begins like another', { authorization: 'Basically x' }, false],
    ['none', {}, false],
  ])('that count: %s', (_, credentials, expected) => {
    expect(isRefused({ ...CROSS, ...credentials })).toBe(expected);
  });

  it('are in any of several Authorization fields', () => {
    const fields = ['Authorization', 'Bearer eyJ', 'Authorization', 'Basic dTpw', ...fieldsOf(CROSS)];
    expect(refusal({ fields })).toBeDefined();
  });

  it('are also the cookies of the gateway itself, which no route sees', () => {
    const sent = { fields: fieldsOf(CROSS) };
    expect(refusal({ ...sent, ownCookies: new Map([['__Host-session', 'x']]) })).toBeDefined();
    expect(refusal({ ...sent, ownCookies: new Map() })).toBeUndefined();
  });

  it.each(['cross-site', 'same-site'])('were withheld by the browser where a route needs a session: %s', site => {
    expect(isRefused({ origin: STRANGER, 'sec-fetch-site': site }, {}, { needsSession: true })).toBe(true);
  });

  it('were not withheld where no browser says so', () => {
    expect(isRefused({}, {}, { needsSession: true })).toBe(false);
    expect(isRefused({ origin: STRANGER }, {}, { needsSession: true })).toBe(false);
    expect(isRefused({ 'sec-fetch-site': 'none' }, {}, { needsSession: true })).toBe(false);
    expect(isRefused({ ...CROSS, origin: ADMIN }, { allowed: [ADMIN] }, { needsSession: true })).toBe(false);
  });

  it('do not count where something else authenticates that no browser adds by itself', () => {
    const both = { ...CROSS, ...COOKIE, authorization: 'Bearer eyJ' };
    expect(isRefused(both)).toBe(true);
    expect(isRefused(both, {}, { isDeliberate: () => false })).toBe(true);
    expect(isRefused(both, {}, { isDeliberate: x => x.headers.get('authorization') === 'Bearer eyJ' })).toBe(false);
    expect(isRefused({ ...CROSS, authorization: 'Bearer eyJ' }, {}, { needsSession: true })).toBe(true);
    const deliberate = { needsSession: true, isDeliberate: () => true };
    expect(isRefused({ ...CROSS, authorization: 'Bearer eyJ' }, {}, deliberate)).toBe(false);
  });

  it('are looked for only where the page is not trusted', () => {
    const unused = () => expect.unreachable('the page is the own one');
    const own = { ...COOKIE, 'sec-fetch-site': 'same-origin' };
    expect(isRefused(own, {}, { isDeliberate: unused })).toBe(false);
  });
});

describe('a gateway with csrf', () => {
  let backend: TestBackend;
  let gateway: TestGateway;
  let own: string;

  beforeAll(async () => {
    backend = await startBackend((_req, res) => res.end('from the backend'));
    const proxied = (more = '') => route(`{ proxy: '${backend.url}', ${more} }`);
    gateway = await startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ origin: 'https://shop.example', csrf: { origins: ['${ADMIN}'] }, trustedProxies: ['127.0.0.1'] });`,
      'routes/any.ts': proxied(),
      'routes/read.get.ts': proxied(),
      'routes/limited.post.ts': proxied(`rateLimit: { address: '1/1h' }`),
      'routes/form.post.ts': route('{ body: type(), handler: c => c.body }'),
      'routes/cors/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ cors: { origins: ['https://*.app.example'], credentials: true } });`,
      'routes/cors/a.put.ts': proxied(),
      'routes/cors/readers.put.ts': proxied(`cors: { credentials: false }`),
      'routes/cors/nearest.put.ts': proxied(`csrf: { origins: ['https://nearest.example'] }`),
      'routes/pay/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ csrf: { off: 'each request is signed by the payment provider' } });`,
      'routes/pay/return.post.ts': proxied(),
      'routes/pay/refund.post.ts': proxied('csrf: {}'),
      'routes/never.post.ts': proxied('csrf: false'),
    });
    own = gateway.url;
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await backend?.[Symbol.asyncDispose]();
  });

  const call = async (path: string, headers: Fields, method = 'POST', body?: string) => {
    const before = backend.requests.length;
    const response = await fetch(gateway.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, response, reached: backend.requests.length > before };
  };
  const statusOf = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;
  const CROSS = { ...COOKIE, origin: STRANGER, 'sec-fetch-site': 'cross-site' };

  it('refuses a request of another page before its backend', async () => {
    const { status, response, reached } = await call('/any', CROSS);
    expect([status, reached]).toEqual([403, false]);
    expect(await response.json()).toMatchObject({ code: 'request.cross_site', title: 'Cross-site request' });
    expect(await call('/any', { ...COOKIE, origin: own })).toMatchObject({ status: 200, reached: true });
  });

  it('serves a webhook without cookies, and a link', async () => {
    expect(await statusOf('/any', {})).toBe(200);
    expect(await statusOf('/any', CROSS, 'GET')).toBe(200);
    expect(await statusOf('/read', CROSS, 'GET')).toBe(200);
  });

  it('has no step where a file is for a method that only reads', () => {
    const stepsOf = (file: string) => gateway.gateway.routes.find(({ route: { file: own } }) => own === file)?.steps;
    expect(stepsOf('routes/read.get.ts')?.map(({ name }) => name)).not.toContain('csrf');
    expect(stepsOf('routes/pay/return.post.ts')?.map(({ name }) => name)).not.toContain('csrf');
    expect(stepsOf('routes/any.ts')?.find(({ name }) => name === 'csrf')?.policy).toBe(`csrf also from ${ADMIN}`);
    const cors = stepsOf('routes/cors/a.put.ts')?.map(({ name }) => name);
    expect(cors?.slice(0, 2)).toEqual(['cors', 'csrf']);
  });

  it('refuses before it counts by address', async () => {
    for (let i = 0; i < 3; i++) expect(await statusOf('/limited', CROSS)).toBe(403);
    expect(await statusOf('/limited', { ...CROSS, origin: ADMIN })).toBe(200);
    expect(await statusOf('/limited', { ...CROSS, origin: ADMIN })).toBe(429);
  });

  it('trusts the pages that `cors` lets send cookies, and lets them read a refusal of others', async () => {
    const from = (origin: string) => ({ ...CROSS, origin });
    expect(await statusOf('/cors/a', from('https://a.app.example'), 'PUT')).toBe(200);
    expect(await statusOf('/cors/a', from(ADMIN), 'PUT')).toBe(200);
    expect(await statusOf('/cors/a', from(STRANGER), 'PUT')).toBe(403);
    const { status, response } = await call('/cors/readers', from('https://a.app.example'), 'PUT');
    expect(status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.app.example');
  });

  it('replaces the origins by those of the nearest file', async () => {
    expect(await statusOf('/cors/nearest', { ...CROSS, origin: 'https://nearest.example' }, 'PUT')).toBe(200);
    expect(await statusOf('/cors/nearest', { ...CROSS, origin: ADMIN }, 'PUT')).toBe(403);
  });

  it('answers a preflight as before', async () => {
    const headers = { ...CROSS, origin: 'https://a.app.example', 'access-control-request-method': 'PUT' };
    expect(await statusOf('/cors/a', headers, 'OPTIONS')).toBe(204);
  });

  it('is off with a reason, and on again below where a file says so', async () => {
    expect(await statusOf('/pay/return', CROSS)).toBe(200);
    expect(await statusOf('/never', CROSS)).toBe(200);
    expect(await statusOf('/pay/refund', CROSS)).toBe(403);
    expect(await statusOf('/pay/refund', { ...CROSS, origin: ADMIN })).toBe(200);
  });

  it('takes forms of the pages that it trusts', async () => {
    const form = { ...CROSS, 'content-type': 'application/x-www-form-urlencoded' };
    expect(await statusOf('/form', form, 'POST', 'a=1')).toBe(403);
    for (const origin of [ADMIN, 'https://shop.example', own]) {
      const site = origin === own ? 'same-origin' : 'cross-site';
      expect(await statusOf('/form', { ...form, origin, 'sec-fetch-site': site }, 'POST', 'a=1')).toBe(200);
    }
  });

  it('knows its own page behind a proxy with TLS', async () => {
    const forwarded = { ...COOKIE, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'other.example' };
    expect(await statusOf('/any', { ...forwarded, origin: 'https://other.example' })).toBe(200);
    expect(await statusOf('/any', { ...forwarded, origin: 'http://other.example' })).toBe(403);
    expect(await statusOf('/any', { ...COOKIE, origin: 'https://shop.example' })).toBe(200);
    expect(await statusOf('/any', { ...COOKIE, origin: 'http://shop.example' })).toBe(403);
  });

  it.each([
    ['HTTP/1.1', 'Host: shop.test', ['Origin: http://shop.test'], 200],
    ['HTTP/1.1', 'Host: shop.test', ['Origin: http://shop.test', `Origin: ${STRANGER}`], 403],
    ['HTTP/1.1', 'Host: shop.test', ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'], 403],
    ['HTTP/1.0', 'Host: shop.test', ['Origin: http://shop.test'], 200],
    ['HTTP/1.0', 'Host: shop.test', [], 403],
    ['HTTP/1.0', 'X-No: host', ['Origin: http://shop.test'], 403],
  ])('reads what comes over the socket: %s, %s, %s', async (version, host, fields, expected) => {
    const lines = [`POST /any ${version}`, host, 'Cookie: sid=1', 'Connection: close', 'Content-Length: 0', ...fields];
    const response = await exchangeRaw(gateway.port, `${lines.join('\r\n')}\r\n\r\n`);
    expect(parsed(response).status).toBe(expected);
  });

  it('lets no request of another page reach the backend with credentials, whatever else it sends', async () => {
    const pages = fc.constantFrom('null', STRANGER, 'http://127.0.0.1:1', `${own}.evil.example`, 'https://127.0.0.1:1');
    // What a browser sends: new ones both fields, old ones the origin or, without a referrer, none of them.
    const browser = fc.tuple(pages, fc.constantFrom('cross-site', 'same-site', undefined), fc.boolean());
    const credentials = fc.constantFrom<Fields>(COOKIE, BASIC, { ...COOKIE, authorization: 'Bearer eyJ' });
    const other = fc.constantFrom<Fields>(
      {},
      { 'x-requested-with': 'XMLHttpRequest' },
      { 'x-http-method-override': 'GET' },
      { referer: `${own}/any` },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { 'access-control-request-method': 'GET' },
      { accept: 'text/html' },
    );
    const method = fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE');
    const path = fc.constantFrom('/any', '/pay/refund', '/any?a=1');
    const before = backend.requests.length;
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(browser, credentials, other, method, path, async ([origin, site, hidesOrigin], ...rest) => {
        const [credential, more, verb, where] = rest;
        const page = {
          ...(hidesOrigin ? {} : { origin }),
          ...(site === undefined ? {} : { 'sec-fetch-site': site }),
        };
        const target = where.startsWith('/pay') ? 'POST' : verb;
        const { status } = await call(where, { ...credential, ...more, ...page }, target);
        sent++;
        expect(status).toBe(403);
      }),
      { numRuns: 200 },
    );
    expect([sent, backend.requests.length]).toEqual([200, before]);
  });
});
