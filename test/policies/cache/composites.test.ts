import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../../support/backend.ts';
import { FakeClock } from '../../support/clock.ts';
import { route, startGateway } from '../../support/gateway.ts';

/** A page of two parts whose backends say what the test lets them say. */
async function page(policy: string, parts: { a?: string; b?: string } = {}) {
  const clock = new FakeClock();
  const says = { a: {} as Record<string, string>, b: {} as Record<string, string>, status: 200 };
  const asked: string[] = [];
  const backend = await startBackend((req, res) => {
    const name = req.url === '/a' ? 'a' : 'b';
    asked.push(name);
    res.writeHead(name === 'b' ? says.status : 200, { 'Content-Type': 'application/json', ...says[name] });
    res.end(JSON.stringify(`${name}${asked.length}`));
  });
  const gateway = await startGateway(
    {
      'routes/page.get.ts': `import { defineRoute, defineService, type } from 'portico';
const backend = defineService('backend', { targets: ['${backend.url}'] });
export default defineRoute('/page', {
  aggregate: {
    a: { from: backend('/a'), response: type<string>(), ${parts.a ?? ''} },
    b: { from: backend('/b'), response: type<string>(), ${parts.b ?? ''} },
  },
  reply: ({ a, b }) => ({ a, b }),
  cache: { ${policy} },
});\n`,
      'routes/write.post.ts': route(`'/write', { handler: () => undefined, purges: ['tagged'] }`),
    },
    { clock },
  );
  return {
    clock,
    says,
    asked,
    url: gateway.url,
    async read() {
      const reply = await fetch(`${gateway.url}/page`);
      return { body: await reply.json(), status: reply.headers.get('cache-status') ?? '' };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

describe('a stored response made of several parts', () => {
  it('has the shortest lifetime of its parts', async () => {
    await using made = await page(`ttl: '10m'`, { a: `cache: { ttl: '5m' }`, b: `cache: { ttl: '30s' }` });
    await made.read();
    made.clock.advance(29_000);
    expect((await made.read()).status).toContain('hit; ttl=1');
    made.clock.advance(2_000);
    expect((await made.read()).status).toContain('fwd=stale');
    // The part with the longer lifetime is still stored.
    expect(made.asked).toEqual(['a', 'b', 'b']);
  });

  it('takes the lifetime from its backends if no part has a cache, and its own ttl without one', async () => {
    await using made = await page(`ttl: '10m'`);
    made.says.a = { 'Cache-Control': 'max-age=20' };
    await made.read();
    made.clock.advance(19_000);
    expect((await made.read()).status).toContain('hit');
    made.clock.advance(2_000);
    expect((await made.read()).status).toContain('fwd');
    await using silent = await page(`ttl: '10m'`);
    await silent.read();
    silent.clock.advance(599_000);
    expect((await silent.read()).status).toContain('hit');
  });

  it('needs no ttl of its own if its parts have lifetimes', async () => {
    await using made = await page('', { a: `cache: { ttl: '5m' }`, b: `cache: { ttl: '30s' }` });
    await made.read();
    expect((await made.read()).status).toContain('hit; ttl=30');
  });

  it.each(['private, max-age=60', 'no-store', 'no-cache'])('is not stored when a part says %s', async control => {
    await using made = await page(`ttl: '10m'`);
    made.says.b = { 'Cache-Control': control };
    await made.read();
    expect((await made.read()).status).toContain('detail=part-missing');
    expect(made.asked).toHaveLength(4);
  });

  it('is not stored while a part is missing or replaced by a fallback', async () => {
    await using made = await page(`ttl: '10m'`, { b: `optional: true` });
    made.says.status = 500;
    expect((await made.read()).body).toEqual({ a: 'a1' });
    made.says.status = 200;
    const whole = await made.read();
    expect(whole.body).toEqual({ a: 'a3', b: 'b4' });
    expect((await made.read()).status).toContain('hit');
    await using made2 = await page(`ttl: '10m'`, { b: `fallback: 'none'` });
    made2.says.status = 500;
    await made2.read();
    expect((await made2.read()).status).not.toContain('hit');
  });

  it('is purged by the tags of its parts', async () => {
    await using made = await page(`ttl: '10m'`, { b: `cache: { ttl: '5m', tags: ['tagged'] }` });
    await made.read();
    expect((await made.read()).status).toContain('hit');
    await fetch(`${made.url}/write`, { method: 'POST' });
    expect((await made.read()).status).toContain('fwd=uri-miss');
  });

  it('may use a stale part and is then not fresh', async () => {
    await using made = await page(`ttl: '10m'`, { b: `cache: { ttl: '10s', staleIfError: '1h' }` });
    await made.read();
    made.clock.advance(11_000);
    made.says.status = 503;
    expect((await made.read()).body).toEqual({ a: 'a3', b: 'b2' });
    expect((await made.read()).status).not.toContain('hit');
  });
});

describe('the stored response of a team’s function', () => {
  it.each([
    ['handler', `handler: () => ({ made: 'here' })`],
    ['aggregate', `aggregate: { a: { from: PART, response: type() } }, reply: ({ a }) => ({ a })`],
    ['text', `handler: () => 'x'.repeat(2_000)`],
  ])('gets an entity tag and a 304 for a matching If-None-Match (%s)', async (_, written) => {
    const clock = new FakeClock();
    await using backend = await startBackend((_req, res) => res.end('"a"'));
    const response = (name: string) =>
      written.replace('PART', `defineService('${name}', { targets: ['${backend.url}'] })('/a')`);
    await using gateway = await startGateway(
      {
        'routes/a.get.ts': route(`{ ${response('a')}, cache: { ttl: '1m' } }`),
        'routes/bare.get.ts': route(`{ ${response('b')} }`),
      },
      { clock },
    );
    const read = (headers: Record<string, string> = {}, path = '/a') => fetch(`${gateway.url}${path}`, { headers });
    const first = await read();
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^(?:W\/)?"[\w-]{22}"$/);
    const hit = await read();
    expect([hit.headers.get('etag'), hit.headers.get('cache-status')]).toEqual([tag, 'portico; hit; ttl=60']);
    expect((await read({ 'If-None-Match': tag })).status).toBe(304);
    // The recomputed page is the same, and so is the copy of the client.
    clock.advance(90_000);
    const anew = await read({ 'If-None-Match': tag });
    expect([anew.status, await anew.text()]).toEqual([304, '']);
    expect((await read({ 'If-None-Match': '"other"' })).status).toBe(200);
    expect((await read({}, '/bare')).headers.get('etag')).toBeNull();
  });

  it('keeps the ETag of a Response and is computed again without revalidation', async () => {
    const clock = new FakeClock();
    await using gateway = await startGateway(
      {
        'routes/a.get.ts': `import { defineRoute } from 'portico';
let made = 0;
export default defineRoute({
  handler: () => new Response(String(++made), { headers: { ETag: '"own"' } }),
  cache: { ttl: '1m' },
});
`,
      },
      { clock },
    );
    expect((await fetch(`${gateway.url}/a`)).headers.get('etag')).toContain('"own"');
    clock.advance(61_000);
    expect(await (await fetch(`${gateway.url}/a`)).text()).toBe('2');
  });
});

describe('an aggregate whose parts depend on request headers', () => {
  async function page({
    cache,
    vary,
    part = '',
    pass = '',
  }: Record<'cache' | 'vary', string> & { part?: string; pass?: string }) {
    const asked: IncomingMessage[] = [];
    const backend = await startBackend((req, res) => {
      asked.push(req);
      const { 'accept-language': language = 'none', 'x-tenant': tenant = 'none', cookie = 'none' } = req.headers;
      res.writeHead(200, { 'Content-Type': 'application/json', ...(vary === '' ? {} : { Vary: vary }) });
      res.end(JSON.stringify(`${language} ${tenant} ${cookie}`));
    });
    const gateway = await startGateway({
      'routes/page.get.ts': route(`'/page', {
        aggregate: {
          a: {
            from: defineService('a', { targets: ['${backend.url}'], pass: { headers: [${pass}] } })('/a'),
            response: type<string>(), ${part}
          },
        },
        reply: ({ a }) => ({ a }),
        ${cache === '' ? '' : `cache: { ${cache} },`}
      }`),
    });
    return {
      asked,
      async read(fields: Record<string, string>) {
        const reply = await fetch(`${gateway.url}/page`, { headers: fields });
        const { a }: { a: string } = JSON.parse(await reply.text());
        return { a, vary: reply.headers.get('vary') ?? '', status: reply.headers.get('cache-status') ?? '' };
      },
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await backend[Symbol.asyncDispose]();
      },
    };
  }

  const BOTH = `'accept-language', 'x-tenant'`;
  const stored = `ttl: '10m', vary: [${BOTH}]`;

  it.each(['', `cache: { ${stored} }`])('is stored for each value that its parts vary by (%s)', async part => {
    await using made = await page({ cache: stored, vary: 'Accept-Language, X-Tenant', part, pass: BOTH });
    for (let round = 0; round < 2; round++) {
      for (const [language, tenant] of [
        ['de', 'acme'],
        ['fr', 'acme'],
        ['de', 'zenith'],
      ] as const) {
        const { a, vary, status } = await made.read({ 'Accept-Language': language, 'X-Tenant': tenant });
        expect(a).toBe(`${language} ${tenant} none`);
        expect(vary).toBe('accept-language, x-tenant');
        if (round > 0) expect(status).toContain('hit');
      }
    }
  });

  it('is shared among users although a part names Cookie in Vary, which it does not get', async () => {
    await using made = await page({ cache: `ttl: '10m'`, vary: 'Cookie' });
    for (const Cookie of ['ann', 'bob', 'ann']) {
      expect(await made.read({ Cookie })).toMatchObject({ a: 'none none none', vary: '' });
    }
    expect(made.asked).toHaveLength(1);
  });

  it('sends the Vary of its parts with and without a cache of its own', async () => {
    await using none = await page({
      cache: '',
      vary: 'Accept-Language, Accept-Encoding, Origin',
      pass: `'accept-language'`,
    });
    expect(await none.read({ 'Accept-Language': 'de' })).toMatchObject({ a: 'de none none', vary: 'accept-language' });
    await using part = await page({ cache: '', vary: '', part: `cache: { ttl: '1m', vary: ['X-Tenant'] }` });
    expect((await part.read({ 'X-Tenant': 'acme' })).vary).toBe('x-tenant');
    expect((await part.read({ 'X-Tenant': 'zenith' })).a).toContain('zenith');
    await using route = await page({ cache: `ttl: '1m', vary: ['X-Tenant']`, vary: '', pass: `'x-tenant'` });
    for (let i = 0; i < 2; i++) {
      expect(await route.read({ 'X-Tenant': 'acme' })).toMatchObject({ a: 'none acme none', vary: 'x-tenant' });
    }
  });

  it('is not stored if a part has Vary: *', async () => {
    await using made = await page({ cache: `ttl: '10m'`, vary: '*' });
    await made.read({});
    expect((await made.read({})).status).toContain('detail=vary-star');
  });
});

describe('the cache policy of a route', () => {
  async function cached(policy: string, headers: Record<string, string>) {
    const clock = new FakeClock();
    const backend = await startBackend((_req, res) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      res.end(`answer ${backend.requests.length}`);
    });
    const gateway = await startGateway(
      { 'routes/a.get.ts': route(`'/a', { proxy: '${backend.url}', cache: { ${policy} } }`) },
      { clock },
    );
    return {
      clock,
      read: () => fetch(`${gateway.url}/a`),
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await backend[Symbol.asyncDispose]();
      },
    };
  }
  const statusOf = (reply: Response) => reply.headers.get('cache-status');

  it('sets Vary on fresh, stored, failed and unshareable responses', async () => {
    for (const headers of [{}, { 'Cache-Control': 'private' }, { Vary: 'X-Market, Accept' }, { ETag: '"a"' }]) {
      await using made = await cached(`ttl: '10m', vary: ['X-Market']`, headers);
      for (let i = 0; i < 2; i++) expect((await made.read()).headers.get('vary')?.toLowerCase()).toContain('x-market');
    }
  });

  it('sends browsers a lifetime of their own', async () => {
    await using made = await cached(`ttl: '10m', browser: '10s'`, {
      'Cache-Control': 'max-age=60, s-maxage=600',
      Expires: '0',
    });
    for (const reply of [await made.read(), await made.read()]) {
      expect(reply.headers.get('cache-control')).toBe('public, max-age=10');
      expect(reply.headers.get('expires')).toBeNull();
    }
    made.clock.advance(300_000);
    expect(statusOf(await made.read())).toContain('hit');
    await using each = await cached(`ttl: '10m', browser: '0s'`, {});
    expect((await each.read()).headers.get('cache-control')).toBe('no-cache');
  });

  it('sends no browser lifetime with a private response', async () => {
    await using made = await cached(`ttl: '10m', browser: '10s'`, { 'Cache-Control': 'private, max-age=5' });
    for (const reply of [await made.read(), await made.read()]) {
      expect(reply.headers.get('cache-control')).toBe('private, max-age=5');
    }
  });

  it('overrides the lifetime of a backend but never private', async () => {
    await using made = await cached(`ttl: { override: '1m' }`, { 'Cache-Control': 'max-age=0' });
    await made.read();
    expect(statusOf(await made.read())).toContain('hit; ttl=60');
    await using ones = await cached(`ttl: { override: '1m' }`, { 'Cache-Control': 'private, max-age=60' });
    await ones.read();
    expect(statusOf(await ones.read())).toContain('detail=private');
  });

  it('has a lifetime for each status: 404 has its own, and statuses without one are not stored', async () => {
    const clock = new FakeClock();
    let status = 200;
    const backend = await startBackend((_req, res) => res.writeHead(status).end(`said ${status}`));
    await using gateway = await startGateway(
      {
        'routes/a/[id].get.ts': route(
          `'/a/[id]', { proxy: '${backend.url}', cache: { ttl: { 200: '5m', 404: '10s', 403: '1m' } } }`,
        ),
      },
      { clock },
    );
    const read = async () => (await fetch(`${gateway.url}/a/${status}`)).headers.get('cache-status');
    for (const [said, expected] of [
      [200, 'hit; ttl=300'],
      [404, 'hit; ttl=10'],
      [403, 'hit; ttl=60'],
      [410, 'detail=no-lifetime'],
      [503, 'fwd=uri-miss; fwd-status=503'],
    ] as const) {
      status = said;
      await read();
      expect(await read()).toContain(expected);
    }
    status = 404;
    clock.advance(11_000);
    expect(await read()).toContain('fwd=stale');
    await backend[Symbol.asyncDispose]();
  });

  it('stores Set-Cookie only with the option for it', async () => {
    await using made = await cached(`ttl: '1m', setCookie: true`, { 'Set-Cookie': 'theme=dark' });
    await made.read();
    const hit = await made.read();
    expect([statusOf(hit), hit.headers.get('set-cookie')]).toEqual(['portico; hit; ttl=60', 'theme=dark']);
  });
});
