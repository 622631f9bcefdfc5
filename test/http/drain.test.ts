import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { get, openRaw } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';
import { handshake } from '../support/web-socket.ts';

const { backend, gateway, own } = testResources();

/** A WebSocket backend and the close events of its sockets. */
async function sockets() {
  const made = own(await startBackend(() => {}));
  const server = new WebSocketServer({ server: made.server });
  const taken = Promise.withResolvers<{ readonly ws: WebSocket; readonly socket: Socket }>();
  server.on('connection', (ws, { socket }) => taken.resolve({ ws, socket }));
  return { url: made.url, taken: taken.promise };
}

/** What a raw client has received so far. */
class Heard {
  text = '';

  constructor(socket: Socket) {
    socket.on('data', chunk => {
      this.text += chunk.toString('latin1');
    });
  }

  async until(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.text).toMatch(pattern);
  }
}

describe('a WebSocket at the start of a drain', () => {
  it('gets close code 1001 at both ends, and is closed once both have replied', async () => {
    const { url, taken } = await sockets();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(client, 'open');
    const { ws } = await taken;
    const ends = Promise.all([once(client, 'close'), once(ws, 'close')]);
    await made.close({ graceMs: 60_000 });
    const [[clientCode], [backendCode]] = await ends;
    expect([clientCode, backendCode]).toEqual([1001, 1001]);
  });

  it('receives the current frame in full and then 1001', async () => {
    const { url, taken } = await sockets();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(client, 'open');
    const { socket } = await taken;
    const size = 300_000;
    const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(BigInt(size), 2);
    // A complete small frame shows that the first half of the large one has arrived too.
    socket.write(Buffer.concat([Buffer.from([0x81, 2, 0x68, 0x69]), head, Buffer.alloc(size / 2, 7)]));
    await once(client, 'message');
    const message = once(client, 'message');
    const end = once(client, 'close');
    const closed = made.close({ graceMs: 60_000 });
    socket.write(Buffer.alloc(size / 2, 7));
    const [bytes] = await message;
    expect(Buffer.alloc(size, 7).equals(bytes)).toBe(true);
    const [code] = await end;
    expect(code).toBe(1001);
    await closed;
  });

  it('delivers the frame that the client is sending', async () => {
    const { url, taken } = await sockets();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = await openRaw(port);
    const heard = new Heard(client);
    client.write(handshake('/chat'));
    await heard.until(/\r\n\r\n$/);
    const { ws } = await taken;
    const hi = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    const hello = Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0x68, 0x65]);
    const first = once(ws, 'message');
    client.write(Buffer.concat([hi, hello]));
    await first;
    const second = once(ws, 'message');
    const end = once(ws, 'close');
    const closed = made.close({ graceMs: 60_000 });
    await heard.until(/\x88\x02\x03\xe9$/);
    client.write('llo');
    expect(String((await second)[0])).toBe('hello');
    expect((await end)[0]).toBe(1001);
    client.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9]));
    await closed;
  });

  it('is closed after the grace period if an end stays within a frame', async () => {
    const { url, taken } = await sockets();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await once(client, 'open');
    const { socket } = await taken;
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69, 0x81, 100, 0x68]));
    await once(client, 'message');
    const end = once(client, 'close');
    await made.close({ graceMs: 50 });
    expect((await end)[0]).toBe(1006);
  });

  it('does not delay the drain if its client does not reply', async () => {
    const { url, taken } = await sockets();
    const { port, gateway: made } = await gateway({ 'routes/chat.get.ts': route(`{ proxy: '${url}' }`) });
    const client = await openRaw(port);
    const heard = new Heard(client);
    client.write(handshake('/chat'));
    await heard.until(/\r\n\r\n$/);
    await taken;
    await made.close({ graceMs: 60_000 });
    expect(heard.text).toMatch(/\x88\x02\x03\xe9$/);
  });
});

describe.each(TRANSPORTS)('over %s an event stream at the start of a drain', transport => {
  async function stream() {
    const opened = Promise.withResolvers<ServerResponse>();
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      opened.resolve(res);
    });
    const { port, gateway: made } = await gateway(everythingTo(url, transport));
    const client = await openRaw(port);
    client.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
    return { client, heard: new Heard(client), events: await opened.promise, made };
  }

  it('is completed if its last byte ends an event', async () => {
    const { client, heard, events, made } = await stream();
    const left = once(events, 'close');
    events.write('data: 1\n\n');
    await heard.until(/data: 1\n\n\r\n$/);
    const end = once(client, 'end');
    await made.close({ graceMs: 60_000 });
    await Promise.all([end, left]);
    expect(heard.text).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/);
  });

  it('sends the rest of the current event, nothing of the next, and is then completed', async () => {
    const { client, heard, events, made } = await stream();
    events.write('data: 1\n\ndata: ha');
    await heard.until(/data: ha\r\n$/);
    const end = once(client, 'end');
    const closed = made.close({ graceMs: 60_000 });
    events.write('lf\r\n\r\ndata: 2\n\n');
    await Promise.all([end, closed]);
    expect(heard.text).toMatch(/data: ha\r\n6\r\nlf\r\n\r\n\r\n0\r\n\r\n$/);
  });

  it('is truncated after the grace period if its event never ends', async () => {
    const { client, heard, events, made } = await stream();
    events.write('data: ha');
    await heard.until(/data: ha\r\n$/);
    const end = once(client, 'close');
    await made.close({ graceMs: 50 });
    await end;
    expect(heard.text).toMatch(/data: ha\r\n$/);
  });
});

describe('a connection during a drain', () => {
  it('is closed as soon as it is idle, while another still serves a request', async () => {
    const slow = Promise.withResolvers<ServerResponse>();
    const { url } = await backend((req, res) => {
      if (req.url === '/slow') slow.resolve(res);
      else res.end('quick');
    });
    const { port, gateway: made } = await gateway(everythingTo(url, 'undici'));
    const [busy, used, unused] = [await openRaw(port), await openRaw(port), await openRaw(port)];
    const heard = new Heard(busy);
    busy.write(get('/slow'));
    const response = await slow.promise;
    const quick = new Heard(used);
    used.write('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n');
    await quick.until(/quick/);
    unused.resume();
    const ends = Promise.all([once(used, 'end'), once(unused, 'end')]);
    const closed = made.close({ graceMs: 60_000 });
    await ends;
    const end = once(busy, 'close');
    response.end('slow');
    await Promise.all([closed, end]);
    expect(heard.text).toMatch(/Connection: close/i);
    expect(heard.text).toMatch(/slow/);
  });

  it('serves a request that arrives at the start of the drain, and announces its close', async () => {
    const { url } = await backend((_req, res) => res.end('answered'));
    const { port, gateway: made } = await gateway(everythingTo(url, 'undici'));
    const client = await openRaw(port);
    const heard = new Heard(client);
    client.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    await heard.until(/answered/);
    heard.text = '';
    const end = once(client, 'end');
    // No request is open: only the keep-alive of this connection could delay the drain.
    const closed = made.close({ graceMs: 60_000 });
    client.write('GET /second HTTP/1.1\r\nHost: a\r\n\r\n');
    await Promise.all([closed, end]);
    expect(heard.text).toMatch(/^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*answered/is);
  });
});
