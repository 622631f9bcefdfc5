import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock.ts';
import { echo, seenIn } from '../support/echo.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway, own } = testResources();

const limited = (limits: string) => ({
  'routes/[[...path]].ts': route(`{ handler: () => 'ok' }`),
  'portico.config.ts': `import { defineGateway } from 'portico';
    export default defineGateway({ limits: ${limits} });\n`,
});
const many = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: 1`);

describe('the request headers', () => {
  // Host and Connection count as fields.
  it.each([
    ['as many headers as allowed', get('/', ...many(98)), 200],
    ['more headers than allowed', get('/', ...many(99)), 431],
    ['more headers than Node accepts', get('/', ...many(1_500)), 431],
    ['too large headers', get('/', `X-Large: ${'x'.repeat(16_300)}`), 200],
    ['too large headers', get('/', `X-Large: ${'x'.repeat(16_384)}`), 431],
    ['much too large headers', get('/', `X-Large: ${'x'.repeat(100_000)}`), 431],
    ['large cookies', get('/', `Cookie: ${'x'.repeat(8_192)}`), 200],
    ['too large cookies', get('/', `Cookie: ${'x'.repeat(4_096)}`, `Cookie: ${'x'.repeat(4_097)}`), 431],
    ['a long request target', get(`/${'x'.repeat(8_191)}`), 200],
    ['a too long request target', get(`/${'x'.repeat(8_192)}`), 414],
  ])('with %s meet the limits: %#', async (_name, bytes, status) => {
    const { port } = await gateway(limited('{}'));
    expect(parsed(await exchangeRaw(port, bytes)).status).toBe(status);
  });

  it('are measured on a team’s own server too', async () => {
    const { gateway: made } = await gateway(limited(`{ headers: 1500 }`));
    const server = createServer({ maxHeaderSize: 1_000_000 }, made.handler);
    made.attach(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    own({ [Symbol.asyncDispose]: async () => void server.close() });
    const { port } = server.address() as AddressInfo;
    expect(parsed(await exchangeRaw(port, get('/', ...many(1_499)))).status).toBe(431);
    expect(parsed(await exchangeRaw(port, get('/', `X-Large: ${'x'.repeat(17_000)}`))).status).toBe(431);
    expect(parsed(await exchangeRaw(port, get('/', ...many(1_200)))).status).toBe(200);
  });

  it('that stay incomplete end the connection (W20)', async () => {
    const { port } = await gateway(limited(`{ headersTimeout: '1s' }`));
    const [silent, dripping] = await Promise.all([openRaw(port), openRaw(port)]);
    dripping.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    const drip = setInterval(() => dripping.write('x'), 100);
    const [nothing, text] = await Promise.all([textOf(silent), textOf(dripping)]);
    clearInterval(drip);
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*request\.timeout/);
    // Browsers preconnect, and would read a 408 as the response to their next request.
    expect(nothing).toBe('');
  });

  it('are the last of their connection after the maximum number of requests', async () => {
    const { port } = await gateway(limited(`{ requestsPerSocket: 2 }`));
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const socket = await openRaw(port);
    socket.write(one);
    await once(socket, 'data');
    socket.write(one);
    expect(await textOf(socket)).toMatch(/^Connection: close/im);
  });
});

it('above the maximum number of connections are refused, and open ones are served', async () => {
  const { port } = await gateway(limited(`{ connections: 1 }`));
  const first = await openRaw(port);
  expect(await textOf(await openRaw(port))).toBe('');
  first.write(get('/'));
  expect(await textOf(first)).toMatch(/^HTTP\/1\.1 200 /);
});

describe.each(TRANSPORTS)('a body, over %s', transport => {
  const LIMIT = `, limits: { body: '1KB' }`;
  const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n';

  it('with too large a Content-Length is 413 at once, without a call', async () => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport, LIMIT));
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n';
    const text = await exchangeRaw(port, head, seen => seen.includes('request.body_too_large'));
    expect(parsed(text).status).toBe(413);
    expect(requests).toHaveLength(0);
  });

  it('that grows too large in chunks is 413, and the backend gets nothing above the limit', async () => {
    let seen = 0;
    const broken = Promise.withResolvers<boolean>();
    const { url } = await backend(req => {
      req.on('data', (data: Buffer) => {
        seen += data.length;
      });
      req.on('close', () => broken.resolve(req.complete));
    });
    const { port } = await gateway(everythingTo(url, transport, LIMIT));
    const socket = await openRaw(port);
    socket.write(`${CHUNKED}Connection: close\r\n\r\n${chunk(1_000)}`);
    await expect.poll(() => seen).toBe(1_000);
    socket.write(`${chunk(25)}0\r\n\r\n`);
    expect(parsed(await textOf(socket)).status).toBe(413);
    expect(await broken.promise).toBe(false);
    expect(seen).toBe(1_000);
  });

  it('of exactly the maximum size is accepted', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport, LIMIT));
    const bytes = `${CHUNKED}Connection: close\r\n\r\n${chunk(1_000)}${chunk(24)}0\r\n\r\n`;
    expect(seenIn(await exchangeRaw(port, bytes)).body).toHaveLength(1_024);
  });

  it('is unlimited on a proxy without a limit', async () => {
    const { url } = await backend((req, res) => req.on('end', () => res.end('all')).resume());
    const { url: door } = await gateway(everythingTo(url, transport));
    const response = await fetch(door, { method: 'POST', body: Buffer.alloc(4 * 1024 * 1024) });
    expect(await response.text()).toBe('all');
  });

  it('below the minimum rate is 408 and ends its connection (W20)', async () => {
    const { url, server } = await backend(() => {});
    const clock = new FakeClock();
    const { port } = await gateway(everythingTo(url, transport, ', timeout: false'), { clock });
    const socket = await openRaw(port);
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nslow');
    await once(server, 'request');
    clock.advance(10_000);
    let text = '';
    for await (const data of socket) text += String(data);
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*request\.timeout/);
  });

  it('does not count as slow while its backend does not read it', async () => {
    let resume = (): void => {};
    const { url, server } = await backend((req, res) => {
      req.pause();
      resume = () => void req.on('end', () => res.end('all')).resume();
    });
    const clock = new FakeClock();
    const { port } = await gateway(everythingTo(url, transport, ', timeout: false'), { clock });
    const size = 30 * 1024 * 1024;
    const socket = await openRaw(port);
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
    await once(server, 'request');
    let before = -1;
    await expect
      .poll(
        () => {
          const still = socket.bytesWritten - socket.writableLength === before;
          before = socket.bytesWritten - socket.writableLength;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    clock.advance(10_000);
    clock.advance(60_000);
    resume();
    expect(parsed(await textOf(socket))).toMatchObject({ status: 200, body: expect.stringContaining('all') });
  });
});

describe('a body with a schema', () => {
  const routes = (limits: string) => ({
    'routes/a.post.ts': route(`{ body: { type: 'string' }, handler: c => String(c.body.length)${limits} }`),
  });
  const post = async (limits: string, size: number) => {
    const { url } = await gateway(routes(limits));
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/a`, { method: 'POST', headers, body: JSON.stringify('x'.repeat(size)) });
    return response.status;
  };

  it('has the limit of its route, or else that of the gateway', async () => {
    expect(await post('', 1_100_000)).toBe(413);
    expect(await post(`, limits: { body: '2MB' }`, 1_100_000)).toBe(200);
    expect(await post(`, limits: { body: '1KB' }`, 2_000)).toBe(413);
  });

  it('takes the limit of its folder, which does not apply to GET', async () => {
    const { port } = await gateway({
      'routes/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ limits: { body: '10B' } });\n`,
      'routes/a.ts': route(`{ handler: () => 'any' }`),
      'routes/b.get.ts': route(`{ handler: () => 'get' }`),
    });
    const bytes = (method: string, path: string) =>
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\n${'x'.repeat(11)}`;
    expect(parsed(await exchangeRaw(port, bytes('POST', '/a'))).status).toBe(413);
    expect(parsed(await exchangeRaw(port, bytes('GET', '/b'))).status).toBe(400);
    expect(parsed(await exchangeRaw(port, bytes('GET', '/a'))).status).toBe(400);
  });
});

describe('a response before the end of the request body', () => {
  const refusing = { 'routes/a.post.ts': route(`{ guard: () => refuse(401, 'who?'), handler: () => 1 }`) };

  it.each(['close', 'keep-alive'])('reaches a client that goes on uploading (W6): Connection: %s', async connection => {
    const { port } = await gateway(refusing);
    for (let i = 0; i < 5; i++) {
      const size = 8 * 1024 * 1024;
      const socket = await openRaw(port);
      socket.write(`POST /a HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\nContent-Length: ${size}\r\n\r\n`);
      const text = textOf(socket, seen => seen.includes('request.unauthorized'));
      socket.write(Buffer.alloc(size));
      expect(parsed(await text).status).toBe(401);
    }
  });

  it('limits the time of the upload', async () => {
    const { port } = await gateway(refusing);
    const socket = await openRaw(port);
    const text = textOf(socket);
    socket.write('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')]);
    const upload = (): void => {
      while (socket.writable && socket.write(piece));
    };
    socket.on('drain', upload);
    upload();
    expect(parsed(await text).status).toBe(401);
  });
});
