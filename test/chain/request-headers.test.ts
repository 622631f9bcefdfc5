import { describe, expect, it } from 'vitest';
import { codesOf } from '../config-loader/fixture.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

type Heard = Record<string, string | undefined>;

async function echo() {
  const heard: Heard[] = [];
  const { url } = await backend((req, res) => {
    heard.push({ ...req.headers } as Heard);
    res.setHeader('Content-Type', 'application/json');
    res.setHeader('Cache-Control', 'max-age=60');
    res.end(JSON.stringify(req.headers));
  });
  return { url, heard };
}

const ask = async (port: number, path: string, ...fields: readonly string[]) => {
  const { status, body } = parsed(await exchangeRaw(port, get(path, ...fields)));
  return { status, heard: JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '')) as Heard };
};

describe.each(TRANSPORTS)('`headers` over %s', transport => {
  it('sends the fields of route and service, the nearest first for each name', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/[...path].get.ts': route(`{
        proxy: defineService('s', {
          targets: ['${url}'], transport: '${transport}',
          headers: { 'X-Api-Key': 'of the service', 'X-Kept': 'kept', Cookie: undefined },
        }),
        headers: c => ({
          'x-api-key': 'of the route', authorization: 'Bearer ' + c.query.get('t'), 'x-user-id': 'u7',
          'accept-language': undefined }),
      }`),
    });
    const { heard } = await ask(
      port,
      '/x?t=1',
      'Cookie: a=1',
      'X-User-Id: forged',
      'X-API-KEY: forged',
      'Accept-Language: de',
    );
    expect(heard).toMatchObject({
      'x-api-key': 'of the route',
      'x-kept': 'kept',
      authorization: 'Bearer 1',
      'x-user-id': 'u7',
    });
    expect(heard).not.toHaveProperty('cookie');
    expect(heard).not.toHaveProperty('accept-language');
  });

  it('is sent with a WebSocket handshake too', async () => {
    let heard: Heard = {};
    const { url, server } = await backend((_req, res) => res.end());
    server.on('upgrade', (req, socket) => {
      heard = req.headers as Heard;
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    });
    const { port } = await gateway({
      'routes/ws.ts': route(
        `{ proxy: defineService('s', { targets: ['${url}'], transport: '${transport}' }), headers: { 'x-key': 'k' } }`,
      ),
    });
    const upgrade = 'GET /ws HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    await exchangeRaw(port, upgrade, text => text.includes('\r\n\r\n'));
    expect(heard['x-key']).toBe('k');
  });
});

describe('`headers` of a function', () => {
  it('may be asynchronous and is sent for parts', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const s = defineService('s', { targets: ['${url}'], headers: { 'x-of': 'service' } });\n`,
      'routes/a.get.ts': `import { defineRoute, type } from 'portico';
        import { s } from '#services';
        export default defineRoute({
        aggregate: { one: { from: s\`/one\`, response: type<Record<string, string>>(),
          headers: async c => ({ authorization: await Promise.resolve('t' + c.query.get('t')) }) } },
        reply: ({ one }) => one });\n`,
    });
    const { heard } = await ask(port, '/a?t=2', 'Authorization: mine');
    expect(heard).toMatchObject({ authorization: 't2', 'x-of': 'service' });
  });

  it('can read only what the key of a shared cache covers', async () => {
    const { url, heard } = await echo();
    const { port } = await gateway({
      'routes/covered.get.ts': route(
        `{ proxy: '${url}/covered', cache: { ttl: '1m', vary: ['x-tenant'] },
          headers: c => ({ 'x-for': c.headers['x-tenant'] }) }`,
      ),
      'routes/piece.get.ts': route(`{ proxy: '${url}', cache: { ttl: '1m' }, headers: { range: 'bytes=0-1' } }`),
      'routes/uncovered.get.ts': route(
        `{ proxy: '${url}/uncovered', cache: { ttl: '1m' }, headers: c => ({ 'x-for': c.headers['x-tenant'] }) }`,
      ),
    });
    for (const tenant of ['a', 'b', 'a']) {
      expect((await ask(port, '/covered', `X-Tenant: ${tenant}`)).heard['x-for']).toBe(tenant);
    }
    expect(heard).toHaveLength(2);
    expect((await ask(port, '/uncovered', 'X-Tenant: a')).status).toBe(500);
    expect((await ask(port, '/piece')).status).toBe(500);
    expect(heard).toHaveLength(2);
  });

  it('fails only its own request if it throws', async () => {
    const stray: unknown[] = [];
    const hear = (reason: unknown) => stray.push(reason);
    process.on('unhandledRejection', hear);
    const { url } = await echo();
    const { port } = await gateway({
      'routes/a.get.ts': route(`{
        proxy: defineService('s', { targets: ['${url}'], headers: async () => { throw new Error('later'); } }),
        headers: c => ({ 'x-tenant': c.cookies.tenant.toLowerCase() }),
      }`),
      'routes/odd.get.ts': route(`{ proxy: '${url}', headers: () => new Headers({ a: 'b' }) }`),
      'routes/none.get.ts': route(`{ proxy: '${url}', headers: () => undefined }`),
    });
    for (const fields of [[], ['Cookie: tenant=A']]) expect((await ask(port, '/a', ...fields)).status).toBe(500);
    expect([(await ask(port, '/odd')).status, (await ask(port, '/none')).status]).toEqual([500, 200]);
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(stray).toEqual([]);
  });

  it('is not applied to a mirrored copy', async () => {
    const { url } = await echo();
    const copies: Heard[] = [];
    const shadow = await backend((req, res) => {
      copies.push({ ...req.headers } as Heard);
      res.end();
    });
    const { port } = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const shadow = defineService('shadow', { targets: ['${shadow.url}'], headers: { 'x-shadow': 'yes' } });
        export const s = defineService('s', { targets: ['${url}'],
          headers: { 'x-api-key': 'secret' }, mirror: { to: shadow } });\n`,
      'routes/a.get.ts': `import { defineRoute } from 'portico';
        import { s } from '#services';
        export default defineRoute({ proxy: s });\n`,
    });
    expect((await ask(port, '/a')).heard['x-api-key']).toBe('secret');
    await expect.poll(() => copies.length).toBe(1);
    expect([copies[0]?.['x-api-key'], copies[0]?.['x-shadow']]).toEqual([undefined, 'yes']);
  });

  it('with an invalid field value fails its own request', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/a.get.ts': route(`{ proxy: '${url}', headers: c => JSON.parse(c.query.get('h') ?? '{}') }`),
    });
    for (const headers of [
      { 'x-a': 'b\r\nx-c: d' },
      { host: 'evil' },
      { 'content-length': '5' },
      { 'x a': '1' },
      { x: 1 },
    ]) {
      expect((await ask(port, `/a?h=${encodeURIComponent(JSON.stringify(headers))}`)).status).toBe(500);
    }
    expect((await ask(port, '/a')).status).toBe(200);
  });
});

it('`headers` with invalid fields are load problems, all together', async () => {
  const problems = await codesOf({
    'routes/a.get.ts': route(
      `{ proxy: 'http://127.0.0.1:1', headers: { host: 'x', 'x-ok': 'y', 'x-bad': 'a\\nb', 'x-n': 1 } }`,
    ),
    'routes/b.get.ts': route(
      `{ proxy: defineService('s', { targets: ['http://127.0.0.1:1'], headers: { te: 'x' } }) }`,
    ),
    'routes/c.get.ts': route(`{ handler: () => 1, headers: { a: 'b' } }`),
    'routes/d.get.ts': route(`{ proxy: 'http://127.0.0.1:1', headers: 'x' }`),
    'routes/f.get.ts': route(`{ proxy: 'http://127.0.0.1:1', headers: new Headers({ a: 'b' }) }`),
    'routes/e.get.ts': route(
      `{ proxy: defineService('e', { targets: ['http://127.0.0.1:1'], responseHeaders: '0B' }) }`,
    ),
  });
  expect(problems.toSorted()).toEqual(['P122', 'P122', 'P122', 'P122', 'P122', 'P122', 'P123', 'P124']);
});

describe('middleware before the routes', () => {
  it('may change, set and delete request headers, including those that a client may not send', async () => {
    const { url } = await echo();
    const { port } = await gateway({
      'routes/[...path].get.ts': route(
        `{ proxy: '${url}', guard: c => c.headers['x-user-id'] === 'u1' ? undefined : refuse(403, 'no') }`,
      ),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ use: [(req, _res, next) => {
          req.headers['x-user-id'] = 'u1';
          req.headers['x-list'] = ['a', 'b'];
          delete req.headers['authorization'];
          req.headers.host = 'evil.example';
          next();
        }] });\n`,
    });
    const { heard } = await ask(
      port,
      '/x',
      'X-User-Id: forged',
      'Authorization: Basic x',
      'X-Other: o',
      'Accept: a',
      'Accept: b',
    );
    expect(heard).toMatchObject({
      'x-user-id': 'u1',
      'x-list': 'a, b',
      'x-other': 'o',
      accept: 'a, b',
      'x-forwarded-host': 'shop.test',
    });
    expect(heard).not.toHaveProperty('authorization');
  });

  it('sees the path that guards see', async () => {
    const { port } = await gateway({
      'routes/[...path].get.ts': route(`{ handler: () => 'in' }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({
          use: [(req, res, next) => req.url.startsWith('/admin') ? res.status(403).end('no') : next()] });\n`,
    });
    expect(parsed(await exchangeRaw(port, get('/%61dmin/x'))).status).toBe(403);
    expect(parsed(await exchangeRaw(port, get('/a?b=%61'))).status).toBe(200);
    for (const path of ['/%%361dmin/x', '/%%36%31dmin/x', '/%6%31dmin', '/%2561dmin%'])
      expect(parsed(await exchangeRaw(port, get(path))).status).toBe(400);
  });
});
