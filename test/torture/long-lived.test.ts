import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { Gateway } from '../../src/gateway.ts';
import { deadAddress } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';
import { handshake, openWebSocket, startWebSocketBackend } from '../support/web-socket.ts';

const { backend, gateway, own } = testResources();

const MANY = 500;

async function occupied(made: Gateway): Promise<number> {
  const metric = (await made.metrics()).find(({ name }) => name === 'portico_service_in_flight');
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

function inFlight(made: Gateway, kind: 'call' | 'stream'): () => Promise<number | undefined> {
  return async () => {
    const metric = (await made.metrics()).find(({ name }) => name === 'portico_service_in_flight');
    return metric?.values.find(({ labels }) => labels.kind === kind)?.value;
  };
}

/** The resources that keep this process alive: connections, servers and timers. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return { TCPSocketWrap: counts.TCPSocketWrap ?? 0, Timeout: counts.Timeout ?? 0 };
}

const warnings: string[] = [];
const warned = (warning: Error): void => void warnings.push(warning.name);
beforeEach(() => void process.on('warning', warned));
afterEach(() => {
  process.off('warning', warned);
  expect(warnings.splice(0)).toEqual([]);
});

const ask = async (port: number, path: string) => parsed(await exchangeRaw(port, handshake(path)));

describe('a WebSocket', () => {
  it('is rejected with 503 while the circuit of its route is open', async () => {
    const policies = `breaker: { minRequests: 5, resetTimeout: '1h' }`;
    const { port } = await gateway({
      'routes/chat.get.ts': route(`{ proxy: '${await deadAddress()}', ${policies} }`),
    });
    for (let i = 0; i < 5; i++) expect((await ask(port, '/chat')).status).toBe(502);
    const { status, head, body } = await ask(port, '/chat');
    expect({ status, body }).toMatchObject({ status: 503, body: expect.stringContaining('breaker.open') });
    expect(head).toMatch(/^Retry-After: \d{4}$/m);
  });

  it('counts as a call of its service until its handshake ends', async () => {
    const { url, server } = await backend(() => {});
    const service = `defineService('chat', { targets: ['${url}'], concurrency: 1 })`;
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: ${service} }`) });
    const asked = once(server, 'upgrade');
    const first = await openRaw(port);
    first.write(handshake('/chat'));
    await asked;
    expect(await inFlight(made, 'call')()).toBe(1);
    expect(await ask(port, '/chat')).toMatchObject({ status: 503, body: expect.stringContaining('limit.shed') });
    first.destroy();
    await expect.poll(() => occupied(made)).toBe(0);
  });

  it('is 504 when its backend does not respond in time, and the backend’s connection is closed', async () => {
    const { url, server } = await backend(() => {});
    const ended = once(server, 'upgrade').then(([, socket]) => once(socket.resume(), 'end'));
    const { port, gateway: made } = await gateway({
      'routes/chat.get.ts': route(`{ proxy: '${url}', timeout: '50ms' }`),
    });
    const { status, body } = await ask(port, '/chat');
    expect({ status, body }).toMatchObject({ status: 504, body: expect.stringContaining('upstream.timeout') });
    await ended;
    await expect.poll(() => occupied(made)).toBe(0);
  });

  it('outlives the total timeout of its route', async () => {
    const { url, sockets } = own(await startWebSocketBackend());
    sockets.on('connection', socket => socket.on('message', data => setTimeout(() => socket.send(data), 150)));
    const { port } = await gateway({
      'routes/chat.get.ts': route(`{ proxy: '${url}', timeout: { total: '100ms', idle: '50ms' } }`),
    });
    const client = await openWebSocket(port, '/chat');
    client.send('still here');
    expect(String((await once(client, 'message'))[0])).toBe('still here');
  });

  it('is rejected like a request, without a call', async () => {
    const { url, requests, server } = await backend((_req, res) => res.end());
    const upgrades: unknown[] = [];
    server.on('upgrade', (req, socket) => {
      upgrades.push(req);
      socket.destroy();
    });
    const { port } = await gateway({
      'routes/chat/[id=int].get.ts': route(`{
        guard: c => (c.cookies.session ? undefined : refuse(401, 'sign in')),
        query: { type: 'object', properties: { room: { type: 'integer' } } },
        proxy: '${url}',
      }`),
    });
    expect((await ask(port, '/chat/x')).status).toBe(404);
    expect((await ask(port, '/chat/7?room=1')).status).toBe(401);
    const invalid = await exchangeRaw(port, handshake('/chat/7?room=one', 'Cookie: session=1'));
    expect(parsed(invalid).status).toBe(400);
    const foreign = await exchangeRaw(
      port,
      handshake('/chat/7?room=1', 'Cookie: session=1', 'Origin: https://evil.test'),
    );
    expect(parsed(foreign).status).toBe(403);
    expect([...requests, ...upgrades]).toEqual([]);
  });

  it.each(['client', 'backend'] as const)(
    'passes the close code and the reason of its %s to the other end',
    async who => {
      const { url, sockets } = own(await startWebSocketBackend());
      const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
      const taken = once(sockets, 'connection');
      const client = await openWebSocket(port, '/chat');
      const [server]: WebSocket[] = await taken;
      if (server === undefined) throw new Error('no connection');
      const [near, far] = who === 'client' ? [client, server] : [server, client];
      const ends = Promise.all([once(near, 'close'), once(far, 'close')]);
      near.close(4001, 'the room is full');
      const [[nearCode], [farCode, reason]] = await ends;
      expect([nearCode, farCode, String(reason)]).toEqual([4001, 4001, 'the room is full']);
    },
  );

  it('continues in one direction when the client has ended the other', async () => {
    const { url, server } = await backend(() => {});
    server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      let heard = '';
      socket.on('data', chunk => {
        heard += chunk;
      });
      socket.on('end', () => socket.end(`heard ${heard}, and goodbye`));
    });
    const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = await openRaw(port);
    let text = '';
    client.on('data', chunk => {
      text += chunk;
    });
    client.write(handshake('/chat'));
    await once(client, 'data');
    client.end('hello');
    await once(client, 'end');
    expect(text).toMatch(/\r\n\r\nheard hello, and goodbye$/);
  });

  it('continues in one direction when the backend has ended the other', async () => {
    const { url, server } = await backend(() => {});
    const heard = Promise.withResolvers<string>();
    server.on('upgrade', (_req, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nlast words');
      let text = '';
      socket.on('data', chunk => {
        text += chunk;
      });
      socket.on('end', () => heard.resolve(text));
    });
    const { port } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = await openRaw(port, { allowHalfOpen: true });
    let text = '';
    client.on('data', chunk => {
      text += chunk;
    });
    client.write(handshake('/chat'));
    await once(client, 'end');
    expect(text).toMatch(/\r\n\r\nlast words$/);
    client.end('answer to them');
    expect(await heard.promise).toBe('answer to them');
  });

  it('is closed ten seconds after its backend if its client stays open', async () => {
    const { url, server } = await backend(() => {});
    server.on('upgrade', (_req, socket) => {
      socket.resume();
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const clock = new FakeClock();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) }, { clock });
    const before = clock.waiting;
    const client = await openRaw(port, { allowHalfOpen: true });
    client.write(handshake('/chat'));
    await once(client.resume(), 'end');
    await expect.poll(() => clock.waiting).toBe(before + 1);
    clock.advance(9_999);
    expect(await inFlight(made, 'stream')()).toBe(1);
    clock.advance(1);
    await expect.poll(() => occupied(made)).toBe(0);
    expect(clock.waiting).toBe(before);
    client.destroy();
  });

  it(`ends with its backend, ${MANY} at once, and leaves nothing behind`, async () => {
    const upstream = own(await startWebSocketBackend());
    upstream.sockets.on('connection', socket => socket.send('welcome'));
    const {
      port,
      url,
      gateway: made,
    } = await gateway({
      'routes/chat.get.ts': route(`{ proxy: '${upstream.url}' }`),
      'routes/alive.get.ts': route(`{ handler: () => 'alive' }`),
    });
    const before = resources();
    const clients = await Promise.all(Array.from({ length: MANY }, () => openWebSocket(port, '/chat')));
    expect(await inFlight(made, 'stream')()).toBe(MANY);
    const ends = Promise.all(clients.map(client => once(client, 'close')));
    await upstream.kill();
    await ends;
    expect(await (await fetch(`${url}/alive`, { headers: { connection: 'close' } })).text()).toBe('alive');
    await expect.poll(() => occupied(made)).toBe(0);
    await expect.poll(resources).toEqual(before);
  });
});

describe.each(TRANSPORTS)('over %s an event stream', transport => {
  const events = (listener: (res: ServerResponse) => void) =>
    backend((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      listener(res);
    });

  it('passes each of 50 events on unchanged before the next one is written', async () => {
    const opened = Promise.withResolvers<ServerResponse>();
    const { url } = await events(opened.resolve);
    const { url: front } = await gateway(everythingTo(url, transport));
    const response = fetch(`${front}/events`, {
      headers: { 'accept-encoding': 'gzip, br', accept: 'text/event-stream' },
    });
    const backendSide = await opened.promise;
    backendSide.flushHeaders();
    const { body, headers } = await response;
    expect(headers.has('content-encoding')).toBe(false);
    if (body === null) throw new Error('no body');
    const reader = body.getReader();
    for (let i = 0; i < 50; i++) {
      backendSide.write(`data: ${i}\n\n`);
      const { value } = await reader.read();
      expect(Buffer.from(value ?? []).toString()).toBe(`data: ${i}\n\n`);
    }
    await reader.cancel();
  });

  it('outlives the total timeout of its route, and silence beyond the idle timeout', async () => {
    const { url } = await events(res => {
      res.write('data: 1\n\n');
      setTimeout(() => res.end('data: 2\n\n'), 250);
    });
    const policies = `, timeout: { total: '100ms', headers: '50ms', idle: '50ms' }`;
    const { url: front } = await gateway(everythingTo(url, transport, policies));
    expect(await (await fetch(`${front}/events`)).text()).toBe('data: 1\n\ndata: 2\n\n');
  });

  it(`ends with its backend, ${MANY} at once, and leaves nothing behind`, async () => {
    const upstream = await events(res => res.write('data: welcome\n\n'));
    const { port, url, gateway: made } = await gateway(everythingTo(upstream.url, transport));
    const before = resources();
    const agent = new Agent({ keepAlive: false });
    const clients = await Promise.all(
      Array.from({ length: MANY }, async (): Promise<IncomingMessage> => {
        const request = get({ port, host: '127.0.0.1', path: '/events', agent });
        const [response] = await once(request, 'response');
        return response;
      }),
    );
    expect(await inFlight(made, 'stream')()).toBe(MANY);
    // Truncated, not completed: the client must not mistake the failure of the backend for the end of the stream.
    const ends = Promise.all(
      clients.map(client =>
        once(client.resume(), 'end').then(
          () => 'whole',
          () => 'broken',
        ),
      ),
    );
    await upstream.kill();
    expect(new Set(await ends)).toEqual(new Set(['broken']));
    expect((await fetch(`${url}/events`, { headers: { connection: 'close' } })).status).toBe(502);
    await expect.poll(() => occupied(made)).toBe(0);
    await expect.poll(resources).toEqual(before);
  });

  it(`releases its resources when its reader disconnects, ${MANY} at once`, async () => {
    const open = new Set<ServerResponse>();
    const upstream = await events(res => {
      open.add(res);
      res.on('close', () => open.delete(res)).write('data: welcome\n\n');
    });
    const { port, gateway: made } = await gateway(everythingTo(upstream.url, transport));
    const before = resources();
    const agent = new Agent({ keepAlive: false });
    const clients = await Promise.all(
      Array.from({ length: MANY }, async (): Promise<IncomingMessage> => {
        const [response] = await once(get({ port, host: '127.0.0.1', path: '/events', agent }), 'response');
        return response.on('error', () => {});
      }),
    );
    expect(open.size).toBe(MANY);
    for (const client of clients) client.destroy();
    await expect.poll(() => open.size).toBe(0);
    await expect.poll(() => occupied(made)).toBe(0);
    await expect.poll(resources).toEqual(before);
  });
});
