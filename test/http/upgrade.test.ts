import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { deadAddress, startBackend, type TestBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { handshake } from '../support/web-socket.ts';

const { gateway, own } = testResources();

interface Echoing extends TestBackend {
  readonly upgrades: { url?: string | undefined; headers: object }[];
  readonly sockets: WebSocketServer;
}

/** A backend that echoes messages and reports its request headers. */
async function echoing(): Promise<Echoing> {
  const backend = await startBackend((_req, res) => res.writeHead(404).end('nothing here'));
  const upgrades: { url?: string | undefined; headers: object }[] = [];
  const sockets = new WebSocketServer({ server: backend.server });
  sockets.on('headers', head => head.push('Server: internal/1', 'Set-Cookie: room=1', 'X-Internal-Node: 10.0.0.7'));
  sockets.on('connection', (socket, req) => {
    upgrades.push({ url: req.url, headers: req.headers });
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  own(backend);
  return Object.assign(backend, { upgrades, sockets });
}

const isHead = (text: string): boolean => text.includes('\r\n\r\n');

describe('a WebSocket', () => {
  it('passes messages and the close frame both ways', async () => {
    const backend = await echoing();
    const { port } = await gateway({ 'routes/ws/chat.get.ts': route(`{ proxy: '${backend.url}' }`) });
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws/chat?room=7`);
    await once(client, 'open');
    client.send('hello');
    const [text] = await once(client, 'message');
    expect(String(text)).toBe('hello');
    const large = Buffer.alloc(2 * 1024 * 1024, 7);
    client.send(large);
    const [bytes] = await once(client, 'message');
    expect(large.equals(bytes)).toBe(true);
    expect(backend.upgrades[0]?.url).toBe('/ws/chat?room=7');
    client.close(4001, 'done');
    const [code] = await once(client, 'close');
    expect(code).toBe(4001);
  });

  it('sends the gateway’s request headers and drops the backend’s private response headers', async () => {
    const backend = await echoing();
    const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${backend.url}' }`) });
    const { status, head } = parsed(
      await exchangeRaw(port, handshake('/chat', 'X-Internal-User: admin', 'X-Forwarded-For: 1.2.3.4'), isHead),
    );
    expect(status).toBe(101);
    expect(head).toMatch(/^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/im);
    expect(head).toMatch(/^Set-Cookie: room=1/m);
    expect(head).not.toMatch(/internal/i);
    expect(head.match(/^upgrade:/gim)).toHaveLength(1);
    expect(backend.upgrades[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.test',
    });
    expect(backend.upgrades[0]?.headers).not.toHaveProperty('x-internal-user');
  });

  it('sends the remaining time to the backend, whatever the client sent', async () => {
    const backend = await echoing();
    const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${backend.url}', timeout: '2s' }`) });
    await exchangeRaw(port, handshake('/chat', 'X-Request-Timeout-Ms: 999999', 'X-Request-Attempt: 3'), isHead);
    const headers = backend.upgrades[0]?.headers ?? {};
    expect(headers).not.toHaveProperty('x-request-attempt');
    const ms = 'x-request-timeout-ms' in headers ? Number(headers['x-request-timeout-ms']) : Number.NaN;
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(2_000);
  });

  it('is rejected for another origin, unless the route allows it', async () => {
    const { url } = await echoing();
    const { port } = await gateway({
      'routes/closed.get.ts': route(`{ proxy: '${url}' }`),
      'routes/open.get.ts': route(`{ proxy: '${url}', allowedOrigins: ['https://partner.test'] }`),
    });
    const ask = async (path: string, origin: string) =>
      parsed(await exchangeRaw(port, handshake(path, `Origin: ${origin}`), isHead)).status;
    expect(await ask('/closed', 'http://shop.test')).toBe(101);
    expect(await ask('/closed', 'https://evil.test')).toBe(403);
    expect(await ask('/open', 'https://partner.test')).toBe(101);
  });

  it('may come from a page of the configured origin, with its scheme', async () => {
    const { url } = await echoing();
    const statusesAt = async (origin: string, pages: readonly string[]) => {
      const { port } = await gateway({
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({ origin: '${origin}' });`,
        'routes/chat.get.ts': route(`{ proxy: '${url}' }`),
      });
      const statusOf = async (page: string) =>
        parsed(await exchangeRaw(port, handshake('/chat', `Origin: ${page}`), isHead)).status;
      return Promise.all(pages.map(statusOf));
    };
    // The request's own host is shop.test, and the gateway sees no TLS.
    const pages = ['https://public.test', 'http://public.test', 'http://shop.test', 'https://shop.test'];
    expect(await statusesAt('https://public.test', pages)).toEqual([101, 403, 101, 101]);
    expect(await statusesAt('https://shop.test', pages)).toEqual([403, 403, 403, 101]);
  });

  it('runs the same guards as a request', async () => {
    const { url, requests } = await echoing();
    const { port } = await gateway({
      'routes/chat.get.ts': route(
        `{ guard: c => (c.cookies.session ? undefined : refuse(401, 'sign in')), proxy: '${url}' }`,
      ),
    });
    const refused = parsed(await exchangeRaw(port, handshake('/chat'), text => text.includes('}')));
    expect(refused.status).toBe(401);
    expect(refused.body).toContain('request.unauthorized');
    expect(requests).toHaveLength(0);
    expect(parsed(await exchangeRaw(port, handshake('/chat', 'Cookie: session=1'), isHead)).status).toBe(101);
  });

  it('is 502 for a dead backend, 426 on a route without WebSockets, 404 without a route', async () => {
    const { port } = await gateway({
      'routes/dead.get.ts': route(`{ proxy: '${await deadAddress()}' }`),
      'routes/off.get.ts': route(`{ proxy: '${await deadAddress()}', upgrade: false }`),
      'routes/plain.get.ts': route(`{ handler: () => 1 }`),
    });
    const ask = async (path: string) => parsed(await exchangeRaw(port, handshake(path)));
    expect(await ask('/dead')).toMatchObject({ status: 502, body: expect.stringContaining('upstream.unreachable') });
    expect((await ask('/off')).status).toBe(426);
    expect((await ask('/plain')).status).toBe(426);
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('passes a backend’s rejection on as an ordinary response', async () => {
    const backend = await startBackend(() => {});
    own(backend);
    backend.server.on('upgrade', (_req, socket) => {
      socket.end('HTTP/1.1 409 Conflict\r\nContent-Length: 4\r\nServer: internal\r\nX-Kept: yes\r\n\r\nfull');
    });
    const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${backend.url}' }`) });
    const { status, head, body } = parsed(await exchangeRaw(port, handshake('/chat')));
    expect({ status, body }).toEqual({ status: 409, body: 'full' });
    expect(head).toContain('X-Kept: yes');
    expect(head).not.toContain('internal');
  });

  it('returns its permit when either side disconnects, and closes the other side', async () => {
    const backend = await echoing();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${backend.url}' }`) });
    const streams = async (): Promise<number | undefined> => {
      const metric = (await made.metrics()).find(({ name }) => name === 'portico_service_in_flight');
      return metric?.values.find(({ labels }) => labels.kind === 'stream')?.value;
    };
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(client, 'open');
    expect(await streams()).toBe(1);
    client.terminate();
    await expect.poll(streams).toBe(0);
    await expect.poll(() => backend.sockets.clients.size).toBe(0);
    const other = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(other, 'open');
    const closed = once(other, 'close');
    await backend.kill();
    await closed;
    await expect.poll(streams).toBe(0);
  });

  it('with another protocol than websocket is an ordinary request', async () => {
    const { port } = await gateway({ 'routes/plain.get.ts': route(`{ handler: () => 'plain' }`) });
    const bytes = 'GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n';
    expect(parsed(await exchangeRaw(port, bytes))).toMatchObject({ status: 200, body: 'plain' });
  });

  it('that breaks during its handshake affects no other request', async () => {
    const { url } = await echoing();
    const { port } = await gateway({
      'routes/chat.get.ts': route(`{ proxy: '${url}' }`),
      'routes/ok.get.ts': route(`{ handler: () => 'ok' }`),
    });
    for (let i = 0; i < 10; i++) {
      const socket: Socket = connect(port, '127.0.0.1', () =>
        socket.write(handshake('/chat'), () => socket.resetAndDestroy()),
      );
      await once(socket, 'close');
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/ok`)).text()).toBe('ok');
  });
});
