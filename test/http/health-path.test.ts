import { expect, it } from 'vitest';
import { codesOf } from '../config-loader/fixture.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const config = `import { defineGateway } from 'portico';\nexport default defineGateway({ health: '/healthz' });\n`;
const ask = (host: string, method = 'GET', path = '/healthz') =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

it('responds on the gateway’s own port, for every host and before every route', async () => {
  const { port, gateway: made } = await gateway({
    'portico.config.ts': config,
    'routes/_defaults.ts': `import { defineDefaults, refuse } from 'portico';
      export default defineDefaults({ host: 'shop.test', guard: () => refuse(401, 'sign in') });\n`,
    'routes/[[...path]].ts': route(`{ handler: () => 'route' }`),
  });
  const { status, head, body } = parsed(await exchangeRaw(port, ask('10.0.0.7:8080')));
  expect([status, body]).toEqual([200, 'ok\n']);
  expect(head).toMatch(/^Cache-Control: no-store$/m);
  expect(parsed(await exchangeRaw(port, ask('x', 'POST'))).status).toBe(405);
  expect(parsed(await exchangeRaw(port, ask('x', 'GET', '/healthz/'))).status).toBe(421);
  expect(parsed(await exchangeRaw(port, ask('shop.test', 'GET', '/healthy'))).status).toBe(401);
  expect(made.explain({ method: 'GET', path: '/healthz' }).outcome).toMatchObject({
    kind: 'own-response',
    status: 200,
  });
});

it('responds with 503 on an open connection during a drain', async () => {
  let finish: (() => void) | undefined;
  const { url } = await backend((_req, res) => {
    finish = () => res.end('slow');
  });
  const { port, gateway: made } = await gateway({
    'portico.config.ts': config,
    'routes/slow.get.ts': route(`{ proxy: '${url}' }`),
  });
  const socket = await openRaw(port);
  const text = textOf(socket);
  socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  while (finish === undefined) await new Promise(resolve => setImmediate(resolve));
  const closed = made.close({ graceMs: 5_000 });
  socket.write(ask('a'));
  await new Promise(resolve => setTimeout(resolve, 20));
  finish();
  await closed;
  expect((await text).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
});

it('is a load problem if a route has the same path', async () => {
  const files = { 'portico.config.ts': config, 'routes/healthz.get.ts': route(`{ handler: () => 1 }`) };
  expect(await codesOf(files)).toEqual(['P102']);
  const bad = { ...files, 'portico.config.ts': config.replace('/healthz', 'healthz') };
  expect(await codesOf(bad)).toEqual(['P122']);
});
