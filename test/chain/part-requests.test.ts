import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { codesOf, load } from '../config-loader/fixture.ts';
import { PorticoProcess } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { own, backend, gateway } = testResources();

/** A backend that returns its request; `/off` fails. */
const echo = () =>
  backend(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const answer = { method: req.method, path: req.url, headers: req.headers, body };
    res.writeHead(req.url?.startsWith('/off') ? 503 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(answer));
  });

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = async <T = Readonly<Record<string, Heard>>>(port: number, ...fields: readonly string[]): Promise<T> => {
  const { status, body } = parsed(await exchangeRaw(port, get('/page', ...fields)));
  expect(status).toBe(200);
  return JSON.parse(body);
};

const page = (url: string, service: string, parts: string, more = '') => `
  import { defineRoute, defineService, type } from 'portico';
  const s = defineService('s', { targets: ['${url}'], ${service} });
  export default defineRoute({ aggregate: { ${parts} }, reply: parts => ({ ...parts }), ${more} });`;

const one = (options = '') => `one: { from: s\`/x\`, response: type<unknown>(), ${options} },`;

const CLIENT = [
  'Authorization: Bearer secret',
  'Origin: https://shop.test',
  'Referer: https://shop.test/cart',
  'User-Agent: Mozilla/5.0',
  'Accept: text/html',
  'Accept-Language: de',
  'Accept-Encoding: gzip',
  'Sec-Fetch-Site: same-origin',
  'DNT: 1',
  'X-Api-Key: k',
  'X-Csrf-Token: t',
  'If-None-Match: "a"',
  'Cookie: sid=1; theme=dark',
  'Cookie: lang=de',
];

const NAMED = ['authorization', 'accept-language', 'user-agent'];

describe.each(TRANSPORTS)('a part over %s', transport => {
  it('gets none of the client’s headers and cookies, and every field of the gateway', async () => {
    const { url } = await echo();
    const { port } = await gateway({ 'routes/page.get.ts': page(url, `transport: '${transport}'`, one()) });
    const { one: heard } = await ask(port, ...CLIENT);
    const { host, connection, 'user-agent': agent, accept, ...fields } = heard?.headers ?? {};
    expect({ agent, accept }).toEqual({ agent: 'portico', accept: 'application/json' });
    expect(Object.keys(fields).sort()).toEqual([
      'accept-encoding',
      'forwarded',
      'traceparent',
      'via',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-proto',
      'x-request-id',
      'x-request-timeout-ms',
    ]);
    expect(fields['accept-encoding']).toBe('identity');
  });

  it('gets the headers and cookies that its service passes, narrowed by itself', async () => {
    const { url } = await echo();
    const pass = "pass: { headers: ['Authorization', 'accept-language', 'user-agent'], cookies: ['lang', 'sid'] }";
    const { port } = await gateway({
      'routes/page.get.ts': page(
        url,
        `transport: '${transport}', ${pass}`,
        `all: { from: s\`/all\`, response: type<unknown>() },
         some: { from: () => s\`/some\`, response: type<unknown>(), pass: { headers: ['accept-language'] } },
         none: { from: s\`/none\`, response: type<unknown>(), pass: false, headers: { 'x-own': '1' } },`,
      ),
    });
    const { all, some, none } = await ask(port, ...CLIENT);
    const named = ({ headers }: Heard) => NAMED.map(name => headers[name]);
    expect(all && named(all)).toEqual(['Bearer secret', 'de', 'Mozilla/5.0']);
    expect(all?.headers.cookie).toBe('sid=1; lang=de');
    expect(some && named(some)).toEqual([undefined, 'de', 'portico']);
    expect(some?.headers.cookie).toBe('sid=1; lang=de');
    expect(none && named(none)).toEqual([undefined, undefined, 'portico']);
    expect(none?.headers).not.toHaveProperty('cookie');
    expect(none?.headers['x-own']).toBe('1');
    for (const name of ['origin', 'referer', 'x-api-key', 'dnt']) expect(all?.headers).not.toHaveProperty(name);
  });

  it('reads by POST with a JSON body, of which each digit arrives', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/page.get.ts': page(
        url,
        `transport: '${transport}'`,
        `fixed: { from: s\`/search\`, response: type<unknown>(), method: 'POST', json: { term: 'lamp' } },
         made: {
           dependsOn: ['fixed'], from: s\`/search\`, response: type<unknown>(), method: 'POST',
           json: (c, { fixed }) => ({ id: 9223372036854775807n, path: fixed.path, q: c.query.get('q') }),
         },
         empty: { from: s\`/empty\`, response: type<unknown>(), method: 'POST' },`,
      ),
    });
    const { fixed, made, empty } = await ask(port);
    expect(fixed).toMatchObject({ method: 'POST', body: '{"term":"lamp"}' });
    expect(fixed?.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '15' });
    expect(made?.body).toBe('{"id":9223372036854775807,"path":"/search","q":null}');
    expect(empty).toMatchObject({ method: 'POST', body: '', headers: { 'content-length': '0' } });
  });
});

describe('what the functions of a part read', () => {
  it('is the client’s request, not that of the part', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/page.get.ts': page(
        url,
        '',
        `path: { from: c => s\`/of/\${c.cookies.sid ?? ''}\`, response: type<unknown>() },
         set: { from: s\`/x\`, response: type<unknown>(), headers: c => ({ 'x-user': c.headers.authorization }) },
         instead: { from: s\`/off\`, response: type<unknown>(), fallback: c => ({ path: c.headers.dnt }) },`,
      ),
    });
    const { path, set, instead } = await ask(port, ...CLIENT);
    expect(path?.path).toBe('/of/1');
    expect(set?.headers).toMatchObject({ 'x-user': 'Bearer secret' });
    expect(instead?.path).toBe('1');
  });

  it('is what the key covers for a stored part', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/page.get.ts': page(
        url,
        '',
        `stored: {
           from: s\`/x\`, response: type<unknown>(), cache: { ttl: '1m', vary: ['accept-language'] },
           headers: c => ({ 'x-language': c.headers['accept-language'] }),
         },
         leaky: {
           from: s\`/y\`, response: type<unknown>(), cache: { ttl: '1m' }, optional: true,
           headers: c => ({ 'x-user': c.headers.authorization }),
         },`,
      ),
    });
    const german = await ask(port, 'Accept-Language: de', 'Authorization: Bearer 1');
    expect(german.stored?.headers).toMatchObject({ 'x-language': 'de', 'accept-language': 'de' });
    expect(german.stored?.headers).not.toHaveProperty('authorization');
    expect(german.leaky).toBeUndefined();
    const english = await ask(port, 'Accept-Language: en');
    expect(english.stored?.headers).toMatchObject({ 'x-language': 'en' });
  });
});

describe('the trace of a part', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const spanOf = (trace: unknown) => /^00-0af7651916cd43dd8448eb211c80319c-([\da-f]{16})-01$/.exec(String(trace))?.[1];

  it('has a parent id of its own in the trace of the request', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ trustedProxies: ['127.0.0.1'] });`,
      'routes/page.get.ts': page(
        url,
        '',
        `a: { from: s\`/a\`, response: type<unknown>() }, b: { from: s\`/b\`, response: type<unknown>() },`,
      ),
    });
    const { a, b } = await ask(port, `traceparent: ${parent}`, 'tracestate: vendor=1');
    const spans = [a, b].map(part => spanOf(part?.headers.traceparent));
    expect(spans).not.toContain(undefined);
    expect(new Set([...spans, 'b7ad6b7169203331']).size).toBe(3);
    expect(a?.headers.tracestate).toBe('vendor=1');
  });

  it('has another parent id in each attempt, of a proxy too', async () => {
    const heard: string[] = [];
    const { url } = await backend((req, res) => {
      heard.push(`${req.headers['x-request-attempt'] ?? 1} ${req.headers.traceparent}`);
      res.writeHead(heard.length % 2 === 1 ? 503 : 200, { 'Content-Type': 'application/json' }).end('1');
    });
    const targets = `targets: ['${url}', '${url.replace('127.0.0.1', 'localhost')}'], retry: { attempts: 2 }`;
    const { port } = await gateway({
      'routes/page.get.ts': `
        import { defineRoute, defineService, type } from 'portico';
        const s = defineService('s', { ${targets} });
        export default defineRoute({ aggregate: { ${one()} }, reply: parts => parts });`,
      'routes/proxied.get.ts': `
        import { defineRoute, defineService } from 'portico';
        export default defineRoute({ proxy: defineService('p', { ${targets} }) });`,
    });
    await ask(port);
    await exchangeRaw(port, get('/proxied'));
    expect(heard.map(each => each.slice(0, 2))).toEqual(['1 ', '2 ', '1 ', '2 ']);
    const traces = heard.map(each => each.slice(2).split('-'));
    expect(new Set(traces.map(([, , span]) => span)).size).toBe(4);
    expect(new Set(traces.map(([, trace]) => trace)).size).toBe(2);
  });
});

describe('the response of a part', () => {
  it('shows `reply` its status, headers and cookies', async () => {
    const { url } = await backend((req, res) => {
      const fields = { 'X-Total': '12', 'Set-Cookie': ['sid=abc=; Path=/; HttpOnly', 'lang=de'], Server: 'secret' };
      res.writeHead(req.url === '/gone' ? 404 : 200, { 'Content-Type': 'application/json', ...fields }).end('[]');
    });
    const { port } = await gateway({
      'routes/page.get.ts': `
        import { defineRoute, defineService, type } from 'portico';
        const s = defineService('s', { targets: ['${url}'] });
        const off = defineService('off', { targets: ['http://127.0.0.1:1'], retry: false });
        export default defineRoute({
          aggregate: {
            list: { from: s\`/list\`, response: type<unknown[]>() },
            gone: { from: s\`/gone\`, response: type<unknown>(), optional: true },
            dead: { from: off\`/\`, response: type<number>(), fallback: 1 },
          },
          reply: (parts, _c, { list, gone, dead }) => new Response(JSON.stringify({
            total: list?.headers['x-total'], server: list?.headers.server ?? null, cookies: list?.cookies,
            status: [list?.status, gone?.status, dead?.status ?? null], value: parts.gone ?? null,
          }), { headers: (list?.setCookie ?? []).map(line => ['Set-Cookie', line] as [string, string]) }),
        });`,
    });
    const { head, body } = parsed(await exchangeRaw(port, get('/page')));
    expect(JSON.parse(body.replace(/^[\da-f]+\r\n|\r\n0\r\n\r\n$/g, ''))).toEqual({
      total: '12',
      server: null,
      cookies: { sid: 'abc=', lang: 'de' },
      status: [200, 404, null],
      value: null,
    });
    expect(head.match(/^set-cookie: .*$/gim)).toEqual([
      'set-cookie: sid=abc=; Path=/; HttpOnly',
      'set-cookie: lang=de',
    ]);
  });
});

describe('at load', () => {
  const url = 'http://127.0.0.1:1';
  const passing = "pass: { headers: ['authorization', 'accept-language'], cookies: ['sid'] }";

  it.each([
    ['a cached part without a fitting key', passing, one("cache: { ttl: '1m' }"), ''],
    ['one that a function calls', passing, 'one: { from: c => s`/`, response: {}, cache: {} },', ''],
    [
      'cookies without a scope',
      passing,
      one("cache: { vary: ['accept-language'] }, pass: { headers: ['accept-language'] }"),
      '',
    ],
    ['a part of a cached aggregate', passing, one(), "cache: { ttl: '1m' }"],
  ])('refuses %s', async (_, service, parts, more) => {
    expect(await codesOf({ 'routes/page.get.ts': page(url, service, parts, more) })).toEqual(['P147']);
  });

  it.each([
    [
      'the scope of a user',
      passing,
      one("cache: { scope: 'user', vary: ['accept-language'] }"),
      'guard: () => ({ subject: "7" })',
    ],
    [
      'fields in its vary',
      passing,
      one("cache: { vary: ['accept-language'] }, pass: { headers: ['accept-language'], cookies: [] }"),
      '',
    ],
    ['a narrowed part', passing, one('cache: {}, pass: false'), ''],
    [
      'a response that declares its Vary',
      "pass: { headers: ['accept-language'] }",
      one("cache: { profile: 'rfc9111' }"),
      '',
    ],
  ])('accepts a cached part with %s', async (_, service, parts, more) => {
    await expect(load({ 'routes/page.get.ts': page(url, service, parts, more) })).resolves.toBeDefined();
  });

  it.each([
    ["pass: { headers: ['cookie'] }", 'P122'],
    ["pass: { headers: ['X-Forwarded-For'] }", 'P122'],
    ["pass: { headers: ['accept'] }", 'P122'],
    ["pass: { headers: ['no header'] }", 'P122'],
    ["pass: { headers: 'authorization' }", 'P122'],
    ['pass: { header: [] }', 'P121'],
  ])('refuses %s of a service', async (service, code) => {
    expect(await codesOf({ 'routes/page.get.ts': page(url, service, one()) })).toEqual([code]);
  });

  it.each([
    ['json: { a: 1 }', 'P124'],
    ["method: 'POST', cache: { ttl: '1m' }", 'P132'],
    ["method: 'POST', retry: { attempts: 2 }", 'P131'],
    ["method: 'PUT'", 'P122'],
  ])('refuses a part with %s', async (options, code) => {
    expect(await codesOf({ 'routes/page.get.ts': page(url, '', one(options)) })).toEqual([code]);
  });

  it('stops a function that reads without end, and asks it nothing of a request', async () => {
    const parts = `one: { response: {}, cache: {}, from: (c) => {
      let node = c.params.a; while (node.parent) node = node.parent;
      for (const each of c.query) node = each;
      return s\`/\${node}\`;
    } },`;
    await expect(load({ 'routes/page.get.ts': page(url, passing, parts) })).resolves.toBeDefined();
  });
});

it('fails a stored part that gets more than its key covers from a service which only a request shows', async () => {
  const { url } = await echo();
  const { port } = await gateway({
    'routes/page.get.ts': page(
      url,
      "pass: { headers: ['authorization'] }",
      "one: { from: c => { if (c.url.hostname !== 'shop.test') throw new Error('no'); return s`/x`; }, response: {}, cache: {} },",
    ),
  });
  const { status, body } = parsed(await exchangeRaw(port, get('/page', 'Authorization: Bearer secret')));
  expect(status).toBe(500);
  expect(JSON.parse(body)).toMatchObject({ code: 'cache.uncovered_header' });
});

it('names in dev, once, each header and cookie that a part does not get', async () => {
  const { url } = await echo();
  const project = own(
    await createProject({
      'routes/page.get.ts': page(
        url,
        "pass: { headers: ['x-api-key'], cookies: ['sid'] }",
        one("headers: { 'accept-language': 'en' }"),
      ),
    }),
  );
  const args = ['dev', '--dir', project.dir, '--port', '0', '--admin-port', '0'];
  const portico = own(new PorticoProcess(args, { env: { LOG_LEVEL: '' } }));
  const [, port = ''] = /http:\/\/\S+?:(\d+)/.exec(await portico.printed('http://')) ?? [];
  await ask(Number(port), ...CLIENT);
  await ask(Number(port), ...CLIENT, 'X-Late: 1');
  const printed = await portico.printed('x-late');
  const lines = printed.split('\n').filter(line => line.includes('does not get'));
  expect(lines).toEqual([
    'part "one" of /page does not get authorization, origin, referer, user-agent, sec-fetch-site, dnt, x-csrf-token, ' +
      'cookie theme, cookie lang; name what s reads in its `pass`',
    'part "one" of /page does not get x-late; name what s reads in its `pass`',
  ]);
  expect(printed).not.toMatch(/secret|dark/);
});
