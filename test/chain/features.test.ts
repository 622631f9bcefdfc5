import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { deadAddress, type startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway, own } = testResources();

const json = (value: (url: string) => unknown): Parameters<typeof startBackend>[0] => {
  return (req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(value(req.url ?? '')));
  };
};

describe('a proxy', () => {
  it('passes the request’s path on, fills a pattern, and sends a written path exactly', async () => {
    const { url } = await backend(json(seen => ({ seen })));
    const services = `import { defineService } from 'portico';
      export const shop = defineService('shop', { targets: ['${url}/base'] });\n`;
    const using = (definition: string) => `import { shop } from '#services';\n${route(definition)}`;
    const { url: door } = await gateway({
      'services.ts': services,
      'routes/own/[...path].ts': using(`{ proxy: shop }`),
      'routes/pattern/[id].ts': using(`'/pattern/[id]', { proxy: shop('/v2/items/[id]') }`),
      'routes/exact/[id].ts': using(`'/exact/[id]', { proxy: c => shop\`/x/\${c.params.id}?lang=\${'d e'}\` }`),
      'routes/url/[...path].ts': route(`{ proxy: '${url}/orders/[...path]' }`),
    });
    const seen = async (path: string) => (await request(door).get(path).expect(200)).body.seen;
    expect(await seen('/own/a%20b/c?q=1')).toBe('/base/own/a%20b/c?q=1');
    expect(await seen('/pattern/a%3Fb?q=1')).toBe('/base/v2/items/a%3Fb?q=1');
    expect(await seen('/exact/a%20b?q=1')).toBe('/base/x/a%20b?lang=d%20e');
    expect(await seen('/url/a/b?q=1')).toBe('/orders/a/b?q=1');
  });

  it('uses each target in turn, except a dead one', async () => {
    const one = await backend((_req, res) => res.end('one'));
    const two = await backend((_req, res) => res.end('two'));
    const { url } = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const pair = defineService('pair', { targets: ['${one.url}', '${two.url}'],
          balance: 'round-robin', slowStart: false });\n`,
      'routes/p.ts': `import { pair } from '#services';\n${route(`{ proxy: pair }`)}`,
    });
    const responses = async (count: number) => {
      const texts = [];
      for (let i = 0; i < count; i++) texts.push((await request(url).get('/p').expect(200)).text);
      return new Set(texts);
    };
    expect(await responses(4)).toEqual(new Set(['one', 'two']));
    await one.kill();
    expect(await responses(20)).toEqual(new Set(['two']));
    await one.revive();
    await expect.poll(() => responses(2), { timeout: 5_000 }).toEqual(new Set(['one', 'two']));
  });

  it('rejects an https target with an untrusted certificate', async () => {
    const { createServer } = await import('node:https');
    const { key, cert } = await import('../support/certificate.ts');
    const server = createServer({ key, cert }, (_req, res) => res.end('secret'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    own({ [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())) });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { url } = await gateway({ 'routes/s.get.ts': route(`{ proxy: 'https://127.0.0.1:${port}' }`) });
    const { body } = await request(url).get('/s').expect(502);
    expect(body).toMatchObject({ code: 'upstream.untrusted' });
  });
});

describe('a cached route', () => {
  it('makes one call, reports its hits, and calls again after a write that purges its tag', async () => {
    let version = 1;
    const { url, requests } = await backend((req, res) => {
      if (req.method === 'POST') version++;
      res.end(`v${version}`);
    });
    const { url: door } = await gateway({
      'routes/cart/[id].get.ts': route(
        `'/cart/[id]', { proxy: '${url}', cache: { ttl: '10m', tags: c => [\`cart:\${c.params.id}\`] } }`,
      ),
      'routes/cart/[id]/items.post.ts': route(
        `'/cart/[id]/items', { proxy: '${url}', purges: c => [\`cart:\${c.params.id}\`] }`,
      ),
    });
    const read = () => request(door).get('/cart/7').expect(200);
    expect((await read()).headers['cache-status']).toBe('portico; fwd=uri-miss; fwd-status=200; stored');
    expect((await read()).headers['cache-status']).toMatch(/^portico; hit; ttl=\d+$/);
    expect(requests).toHaveLength(1);
    await request(door).post('/cart/8/items').expect(200);
    expect((await read()).text).toBe('v1');
    await request(door).post('/cart/7/items').expect(200);
    expect((await read()).text).toBe('v3');
  });

  it('is invalidated by a write to its address through any route', async () => {
    const { url, requests } = await backend((_req, res) => res.end('x'));
    const { url: door } = await gateway({ 'routes/doc.ts': route(`{ proxy: '${url}', cache: { ttl: '10m' } }`) });
    await request(door).get('/doc').expect(200);
    await request(door).get('/doc').expect(200);
    await request(door).put('/doc').expect(200);
    await request(door).get('/doc').expect(200);
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
  });

  it('is not invalidated by a write that failed', async () => {
    const { url, requests } = await backend((req, res) => res.writeHead(req.method === 'PUT' ? 409 : 200).end('x'));
    const { url: door } = await gateway({ 'routes/doc.ts': route(`{ proxy: '${url}', cache: { ttl: '10m' } }`) });
    await request(door).get('/doc').expect(200);
    await request(door).put('/doc').expect(409);
    await request(door).get('/doc').expect(200);
    expect(requests).toHaveLength(2);
  });

  it('may have a handler, which then cannot read fields outside the key', async () => {
    const { url } = await gateway({
      'routes/covered.get.ts': route(
        `{ cache: { ttl: '1m', vary: ['accept-language'] },
          handler: c => ({ language: c.headers['accept-language'], at: Math.random() }) }`,
      ),
      'routes/uncovered.get.ts': route(`{ cache: { ttl: '1m' }, handler: c => c.cookies.session }`),
    });
    const ask = (language: string) => request(url).get('/covered').set('Accept-Language', language).expect(200);
    const [first, again, other] = [await ask('de'), await ask('de'), await ask('fr')];
    expect(again.body).toEqual(first.body);
    expect(other.body.language).toBe('fr');
    const { body } = await request(url).get('/uncovered').set('Cookie', 'session=ann').expect(500);
    expect(body.code).toBe('cache.uncovered_header');
  });
});

describe('a fallback', () => {
  it('responds when the backend is dead and when it is too slow', async () => {
    const slow = await backend(() => {});
    const { url } = await gateway({
      'routes/dead.get.ts': route(`{ proxy: '${await deadAddress()}', fallback: { items: [] } }`),
      'routes/slow.get.ts': route(
        `{ proxy: '${slow.url}', timeout: '50ms', fallback: (_c, failure) => ({ why: failure.message }) }`,
      ),
    });
    expect((await request(url).get('/dead').expect(200)).body).toEqual({ items: [] });
    expect((await request(url).get('/slow').expect(200)).body.why).toContain('50 ms');
  });
});

describe('a deadline', () => {
  it('is 504 and is named in Proxy-Status', async () => {
    const slow = await backend(() => {});
    const { url } = await gateway({ 'routes/slow.get.ts': route(`{ proxy: '${slow.url}', timeout: '50ms' }`) });
    const { body, headers } = await request(url).get('/slow').expect(504);
    expect(body.code).toBe('upstream.timeout');
    expect(headers['proxy-status']).toBe('portico; error=http_response_timeout');
  });

  it('limits the time to connect, including the TLS handshake', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer(socket => void socket.on('error', () => {}).resume());
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    own({ [Symbol.asyncDispose]: () => new Promise<void>(resolve => silent.close(() => resolve())) });
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { url } = await gateway({
      'routes/s.get.ts': route(`{ proxy: 'https://127.0.0.1:${port}', timeout: { connect: '100ms' }, retry: false }`),
    });
    const { body, headers } = await request(url).get('/s').expect(502);
    expect(body.code).toBe('upstream.connect_timeout');
    expect(headers['proxy-status']).toBe('portico; error=connection_timeout');
  });

  it('limits the pause in a body, but not that of an event stream', async () => {
    const stalling = await backend((req, res) => {
      if (req.url === '/events') res.setHeader('Content-Type', 'text/event-stream');
      res.write('data: 1\n\n');
      if (req.url === '/events') setTimeout(() => res.end('data: 2\n\n'), 300);
    });
    const { url } = await gateway({
      'routes/stall.get.ts': route(`{ proxy: '${stalling.url}', timeout: { idle: '50ms' } }`),
      'routes/events.get.ts': route(`{ proxy: '${stalling.url}', timeout: { idle: '50ms', total: '100ms' } }`),
    });
    await expect(fetch(`${url}/stall`).then(response => response.text())).rejects.toThrow();
    expect(await (await fetch(`${url}/events`)).text()).toBe('data: 1\n\ndata: 2\n\n');
  });
});

describe('a breaker', () => {
  it('opens on one route and does not affect other routes of its service', async () => {
    const { url } = await backend((req, res) => res.writeHead(req.url === '/sick' ? 500 : 200).end('x'));
    const { url: door } = await gateway({
      'routes/sick.get.ts': route(`{ proxy: '${url}', breaker: { minRequests: 5 } }`),
      'routes/well.get.ts': route(`{ proxy: '${url}', breaker: { minRequests: 5 } }`),
    });
    for (let i = 0; i < 5; i++) await request(door).get('/sick').expect(500);
    const { body, headers } = await request(door).get('/sick').expect(503);
    expect(body.code).toBe('breaker.open');
    expect(headers['retry-after']).toMatch(/^[456]$/);
    for (let i = 0; i < 6; i++) await request(door).get('/well').expect(200);
  });
});

describe('a limit', () => {
  it('rejects with 503 and Retry-After what exceeds the capacity of the service', async () => {
    const responses: (() => void)[] = [];
    const slow = await backend((_req, res) => responses.push(() => res.end('ok')));
    const { url } = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const slow = defineService('slow', { targets: ['${slow.url}'], concurrency: 1 });\n`,
      'routes/slow.get.ts': `import { slow } from '#services';\n${route(`{ proxy: slow }`)}`,
    });
    const first = fetch(`${url}/slow`);
    await expect.poll(() => responses.length).toBe(1);
    const { body, headers } = await request(url).get('/slow').expect(503);
    expect(body.code).toBe('limit.shed');
    expect(headers['retry-after']).toMatch(/^[1-4]$/);
    responses[0]?.();
    expect((await first).status).toBe(200);
  });
});

describe('an aggregate', () => {
  it('makes one response of several backends, with every policy on its parts', async () => {
    const product = await backend(json(() => ({ id: '7', name: 'Lantern', sellerId: 's/1' })));
    const sellers = await backend(json(url => ({ name: url })));
    const dead = await deadAddress();
    const { url } = await gateway({
      'services.ts': `
          import { defineService } from 'portico';
          export const catalog = defineService('catalog', { targets: ['${product.url}'] });
          export const sellers = defineService('sellers', { targets: ['${sellers.url}'] });
          export const stock = defineService('stock', { targets: ['${dead}'] });
          export const reviews = defineService('reviews', { targets: ['${dead}'], timeout: '1s' });
        `,
      'routes/page/[id].get.ts': `
          import { Type } from 'typebox';
          import { defineRoute, type } from 'portico';
          import { catalog, reviews, sellers, stock } from '#services';
          export default defineRoute('/page/[id]', {
            aggregate: {
              product: { from: c => catalog\`/items/\${c.params.id}\`,
                response: Type.Object({ name: Type.String(), sellerId: Type.String() }),
                cache: { ttl: '1m' } },
              stock: { from: c => stock\`/stock/\${c.params.id}\`, response: type<{ qty: number }>(), optional: true },
              reviews: { from: c => reviews\`/reviews/\${c.params.id}\`, response: type<string[]>(), fallback: [] },
              seller: { dependsOn: ['product'], from: (_c, { product }) => sellers\`/sellers/\${product.sellerId}\`,
                response: type<{ name: string }>() },
            },
            reply: ({ product, stock, reviews, seller }) => ({
              name: product.name, qty: stock?.qty ?? null, reviews, seller: seller.name }),
          });
        `,
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ serverTiming: true });\n`,
    });
    const { body, headers } = await request(url).get('/page/7').expect(200);
    expect(body).toEqual({ name: 'Lantern', qty: null, reviews: [], seller: '/sellers/s%2F1' });
    expect(headers['server-timing']).toMatch(/part\.product;dur=[\d.]+;desc="miss"/);
    expect(headers['server-timing']).toMatch(/part\.stock;dur=[\d.]+;desc="optional: upstream.unreachable"/);
    expect(headers['server-timing']).toMatch(/part\.reviews;dur=[\d.]+;desc="fallback: upstream.unreachable"/);
    await request(url).get('/page/7').expect(200);
    expect(product.requests).toHaveLength(1);
    expect(sellers.requests).toHaveLength(2);
  });

  it('is 502 when a part breaks its schema, and 404 when the backend responds with 404', async () => {
    const liar = await backend(json(() => ({ name: 7 })));
    const missing = await backend((_req, res) => res.writeHead(404).end());
    const page = (address: string) => `
      import { Type } from 'typebox';
      import { defineRoute, defineService } from 'portico';
      const one = defineService('one${address.slice(-5)}', { targets: ['${address}'] });
      export default defineRoute({
        aggregate: { one: { from: one\`/\`, response: Type.Object({ name: Type.String() }) } },
        reply: parts => parts.one,
      });
    `;
    const { url } = await gateway({ 'routes/liar.get.ts': page(liar.url), 'routes/missing.get.ts': page(missing.url) });
    expect((await request(url).get('/liar').expect(502)).body.code).toBe('upstream.invalid');
    expect((await request(url).get('/missing').expect(404)).body.code).toBe('upstream.refused');
  });
});

describe('an invalid request', () => {
  it('gets the position of the mistake, and no backend is called', async () => {
    const { url, requests } = await backend(json(() => ({})));
    const { url: door } = await gateway({
      'routes/items/[id].post.ts': `
        import { Type } from 'typebox';
        import { defineRoute } from 'portico';
        export default defineRoute('/items/[id]', {
          params: Type.Object({ id: Type.Integer() }),
          query: Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1 })) }),
          body: Type.Object({
            qty: Type.Integer({ minimum: 1 }), note: Type.Optional(Type.String()) },
            { additionalProperties: false }),
          proxy: '${url}',
        });
      `,
    });
    const post = (path: string) => request(door).post(path);
    expect((await post('/items/abc').send({ qty: 1 }).expect(400)).body).toMatchObject({
      code: 'request.invalid',
      errors: [{ pointer: '/id' }],
    });
    expect((await post('/items/7?page=0').send({ qty: 1 }).expect(400)).body.errors[0].pointer).toBe('/page');
    const { body } = await post('/items/7').send({ qty: 0, nope: 1 }).expect(422);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual(['/nope', '/qty']);
    expect((await post('/items/7').type('text').send('qty=1').expect(415)).body.code).toBe(
      'request.unsupported_media_type',
    );
    expect((await post('/items/7').type('json').send('{"qty":').expect(400)).body.code).toBe('request.malformed');
    expect(
      (
        await post('/items/7')
          .send({ qty: 1, note: 'x'.repeat(1_100_000) })
          .expect(413)
      ).body.code,
    ).toBe('request.body_too_large');
    expect(requests).toHaveLength(0);
    await post('/items/7').send({ qty: 2 }).expect(200);
    expect(requests).toHaveLength(1);
  });
});

describe('a route’s own functions', () => {
  it('that throw are 500 with a request id, and the process survives', async () => {
    const { url } = await gateway({
      'routes/throws.get.ts': route(`{ handler: () => { throw new Error('secret detail'); } }`),
      'routes/guard.get.ts': route(`{ guard: () => { throw new Error('secret detail'); }, handler: () => 1 }`),
      'routes/tags.get.ts': route(
        `{ cache: { ttl: '1m', tags: () => { throw new Error('secret detail'); } }, handler: () => 1 }`,
      ),
    });
    for (const path of ['/throws', '/guard', '/tags']) {
      const { body, text } = await request(url).get(path).expect(500);
      expect(body).toMatchObject({ code: 'gateway.error', requestId: expect.any(String) });
      expect(text).not.toContain('secret');
    }
  });

  it('return data, text, a Response or nothing', async () => {
    const { url } = await gateway({
      'routes/data.get.ts': route(`{ handler: async () => ({ a: 1 }) }`),
      'routes/text.get.ts': route(`{ handler: () => 'plain' }`),
      'routes/response.get.ts': route(
        `{ handler: () => new Response('made', { status: 201, headers: { 'x-a': '1' } }) }`,
      ),
      'routes/nothing.get.ts': route(`{ handler: () => undefined }`),
    });
    expect((await request(url).get('/data').expect(200)).body).toEqual({ a: 1 });
    expect((await request(url).get('/text').expect('content-type', 'text/plain; charset=utf-8')).text).toBe('plain');
    expect((await request(url).get('/response').expect(201).expect('x-a', '1')).text).toBe('made');
    await request(url).get('/nothing').expect(204);
  });

  it('that break the route’s own schema are 500', async () => {
    const { url } = await gateway({
      'routes/lies.get.ts': route(`{ response: { type: 'object', required: ['a'] }, handler: () => ({}) }`),
    });
    expect((await request(url).get('/lies').expect(500)).body.code).toBe('reply.invalid');
  });

  it('guard in order and may name the user', async () => {
    const { url } = await gateway({
      'routes/me.get.ts': route(
        `{ guard: [c => (c.cookies.session ? { subject: c.cookies.session } : refuse(401, 'sign in')),
          async c => (c.subject === 'eve' ? refuse(403, 'not you') : undefined)],
          handler: c => c.subject }`,
      ),
    });
    expect((await request(url).get('/me').expect(401)).body.detail).toBe('sign in');
    await request(url).get('/me').set('Cookie', 'session=eve').expect(403);
    expect((await request(url).get('/me').set('Cookie', 'session=ann').expect(200)).text).toBe('ann');
  });
});

describe('files', () => {
  const files = {
    'web/index.html': '<h1>home</h1>',
    'web/app.js': 'export {}',
    'web/.env': 'SECRET=1',
    'secret.txt': 'outside',
    'routes/[...file].get.ts': route(`{ static: { dir: 'web' } }`),
    'routes/index.get.ts': route(`{ static: { dir: 'web' } }`),
    'routes/app/[...file].get.ts': route(`{ static: { dir: 'web', spa: 'index.html' } }`),
  };

  it('are served with their type, and with 304 for a matching validator', async () => {
    const { url } = await gateway(files);
    const { headers } = await request(url)
      .get('/app.js')
      .expect(200)
      .expect('content-type', 'text/javascript; charset=utf-8');
    await request(url)
      .get('/app.js')
      .set('If-None-Match', headers.etag ?? '')
      .expect(304);
    expect((await request(url).get('/').expect('content-type', 'text/html; charset=utf-8')).text).toBe('<h1>home</h1>');
    expect((await request(url).get('/app/any/where').expect(200)).text).toBe('<h1>home</h1>');
    await request(url).head('/app.js').expect(200).expect('content-length', '9');
    await request(url).post('/app.js').expect(405);
  });

  it('are served in ranges for a client with a part of the same version', async () => {
    const { url } = await gateway(files);
    const ask = (fields: Readonly<Record<string, string>>) => request(url).get('/app.js').set(fields);
    const { headers } = await ask({}).expect(200).expect('accept-ranges', 'bytes');
    const part = await ask({ Range: 'bytes=2-4' }).expect(206).expect('content-length', '3');
    expect(part.headers['content-range']).toBe('bytes 2-4/9');
    expect(part.text).toBe('por');
    expect((await ask({ Range: 'bytes=-2' }).expect(206)).text).toBe('{}');
    expect((await ask({ Range: 'bytes=7-', 'If-Range': headers.etag ?? '' }).expect(206)).text).toBe('{}');
    expect((await ask({ Range: 'bytes=7-', 'If-Range': '"another"' }).expect(200)).text).toBe('export {}');
    expect((await ask({ Range: 'bytes=0-1,4-5' }).expect(200)).text).toBe('export {}');
    const none = await ask({ Range: 'bytes=9-' }).expect(416).expect('content-range', 'bytes */9');
    expect(none.headers.etag).toBeUndefined();
    await ask({ Range: 'bytes=9-', 'If-None-Match': headers.etag ?? '' }).expect(304);
    await request(url).head('/app.js').set('Range', 'bytes=2-4').expect(200).expect('content-length', '9');
  });

  it('outside the folder, hidden or missing are never served', async () => {
    const { url, project } = await gateway(files);
    const { symlink } = await import('node:fs/promises');
    await symlink(`${project.dir}/secret.txt`, `${project.dir}/web/link.txt`);
    for (const path of ['/.env', '/link.txt', '/missing.js']) await request(url).get(path).expect(404);
    await request(url).get('/..%2fsecret.txt').expect(400);
  });
});

describe('a redirect', () => {
  it('fills its pattern and keeps the query', async () => {
    const { url } = await gateway({
      'routes/old/[id].ts': route(`'/old/[id]', { redirect: '/new/[id]' }`),
      'routes/moved.ts': route(`{ redirect: { to: 'https://other.test/x', status: 301 } }`),
    });
    await request(url).get('/old/a%20b?q=1').expect(307).expect('location', '/new/a%20b?q=1');
    await request(url).get('/moved').expect(301).expect('location', 'https://other.test/x');
  });
});

describe('methods', () => {
  it('select the file; HEAD follows GET; OPTIONS lists them', async () => {
    const { url } = await gateway({
      'routes/a.get.ts': route(`{ handler: () => 'got' }`),
      'routes/a.put.ts': route(`{ handler: () => 'put' }`),
    });
    await request(url).head('/a').expect(200).expect('content-length', '3');
    await request(url).options('/a').expect(204).expect('allow', 'GET, HEAD, PUT, OPTIONS');
    const { body } = await request(url).delete('/a').expect(405).expect('allow', 'GET, HEAD, PUT, OPTIONS');
    expect(body.code).toBe('request.method_not_allowed');
    await request(url).trace('/a').expect(405);
  });
});
