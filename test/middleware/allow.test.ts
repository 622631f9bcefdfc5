import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw } from '../support/raw.ts';

const HANDSHAKE =
  'GET /lan/chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

describe('a route that allows certain addresses', () => {
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    backend = await startBackend((_req, res) => res.end('from the backend'));
    gateway = await startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ trustedProxies: ['127.0.0.1'] });`,
      'routes/lan/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ allow: ['10.0.0.0/8', '2001:db8::/32'], cors: { origins: ['*'] } });`,
      'routes/lan/a.get.ts': route(`{ proxy: '${backend.url}/a' }`),
      'routes/lan/chat.get.ts': route(`{ proxy: '${backend.url}/chat' }`),
      'routes/lan/one.get.ts': route(`{ allow: ['10.0.0.7', '192.0.2.1'], handler: () => 1 }`),
      'routes/lan/open.get.ts': route(`{ allow: false, handler: () => 1 }`),
    });
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await backend?.[Symbol.asyncDispose]();
  });

  const call = (path: string, address: string) =>
    fetch(gateway.url + path, { headers: { 'x-forwarded-for': address, origin: 'https://app.example' } });

  it.each([
    ['/lan/a', '10.1.2.3', 200],
    ['/lan/a', '2001:DB8::1', 200],
    ['/lan/a', '11.0.0.1', 403],
    ['/lan/a', '2001:db9::1', 403],
    ['/lan/a', 'unknown', 403],
    ['/lan/one', '10.0.0.7', 200],
    ['/lan/one', '10.0.0.8', 403],
    ['/lan/one', '192.0.2.1', 403],
    ['/lan/open', '11.0.0.1', 200],
  ])('%s responds to %s with %i', async (path, address, status) => {
    expect((await call(path, address)).status).toBe(status);
  });

  it('does not call the backend for others, and lets a page of another origin read the 403', async () => {
    const sent = backend.requests.length;
    const refused = await call('/lan/a', '192.0.2.1');
    expect(await refused.json()).toMatchObject({ code: 'request.forbidden' });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(backend.requests).toHaveLength(sent);
  });

  it('refuses the WebSockets of others', async () => {
    const status = async (address: string) =>
      (await exchangeRaw(gateway.port, `${HANDSHAKE}X-Forwarded-For: ${address}\r\n\r\n`, () => true)).slice(9, 12);
    expect(await status('192.0.2.1')).toBe('403');
    expect(await status('10.0.0.1')).not.toBe('403');
  });
});
