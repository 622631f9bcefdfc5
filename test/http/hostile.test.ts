import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { route, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();
const everything = (url: string, policies = '') => ({
  'routes/[[...path]].ts': route(`{ proxy: '${url}'${policies} }`),
});
const plain = { 'routes/a.ts': route(`{ handler: () => 'still here' }`) };

const stillServes = async ({ url }: TestGateway): Promise<void> => {
  expect(await (await fetch(`${url}/a`)).text()).toBe('still here');
};

describe('a client that breaks its connection', () => {
  it.each([
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['garbage', 'GARBAGE\r\n\r\n'],
    ['an upgrade to nothing', 'GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ])('in the middle of %s does not end the process', async (_name, bytes) => {
    const made = await gateway(plain);
    for (let i = 0; i < 5; i++) {
      const socket = connect(made.port, '127.0.0.1', () => {
        socket.write(bytes);
        socket.resetAndDestroy();
      });
      await once(socket, 'close');
    }
    await stillServes(made);
  });

  it('by a half-close is released and does not delay the shutdown', async () => {
    const { port, gateway: made } = await gateway(plain);
    for (const bytes of ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'GARBAGE\r\n\r\n']) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes));
      await once(socket, 'data');
    }
    await made.close({ graceMs: 100 });
  });

  it('during a WebSocket handshake aborts the call to the backend', async () => {
    const silent = await backend(() => {});
    const upstream = new Promise<void>(resolve => {
      silent.server.on('upgrade', (_req, socket) => socket.on('end', () => resolve()).resume());
    });
    const { port } = await gateway(everything(silent.url));
    const socket = await openRaw(port);
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await once(silent.server, 'upgrade');
    socket.end();
    await upstream;
  });
});

describe('two responses on one connection', () => {
  it('stay separate when a handler returns a response that fetch has decoded', async () => {
    const text = 'x'.repeat(500);
    const { url } = await backend((_req, res) => res.setHeader('Content-Encoding', 'gzip').end(gzipSync(text)));
    const { port } = await gateway({
      'routes/a.get.ts': route(`{ handler: () => fetch('${url}') }`),
      'routes/lying.get.ts': route(`{ handler: () => new Response('longer', { headers: { 'Content-Length': '3' } }) }`),
      'routes/b.get.ts': route(`{ handler: () => 'the second' }`),
    });
    const one = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
    const pipelined = await exchangeRaw(port, `${one}${get('/b')}`);
    expect(pipelined).toContain(text);
    expect(pipelined).not.toMatch(/content-encoding/i);
    expect(pipelined.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(pipelined).toMatch(/\r\n0\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(parsed(await exchangeRaw(port, get('/lying'))).body).toContain('longer');
  });

  it('are not mixed with the rejection of a later request', async () => {
    let finish: (() => void) | undefined;
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Length': 300 });
      res.write('x'.repeat(50));
      finish = () => res.end('x'.repeat(250));
    });
    const { port } = await gateway(everything(url));
    const socket = await openRaw(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    let text = '';
    socket.on('data', chunk => {
      const first = text === '';
      text += String(chunk);
      if (first) socket.write('GARBAGE\r\n\r\n', () => setImmediate(() => finish?.()));
    });
    await once(socket, 'close');
    expect(text).toMatch(/\r\n\r\nx{300}(?:HTTP\/1\.1 400 [^x]*)?$/);
  });

  it('are both sent if the first is an early response to a long upload', async () => {
    const { url } = await backend((req, res) => {
      if (req.method === 'POST') {
        req.pause();
        setTimeout(() => res.writeHead(413, { Connection: 'close' }).end('too much'), 50);
      } else res.end('the second');
    });
    const { port } = await gateway(everything(url));
    const size = 30 * 1024 * 1024;
    const socket = await openRaw(port);
    let text = '';
    socket.on('data', chunk => {
      text += String(chunk);
    });
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
    socket.write(get('/b'));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 200 [\s\S]*the second$/);
  });
});

describe('a response that its deadline truncates', () => {
  it('closes the client’s connection at once', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write('more'), 20);
      res.on('close', () => clearInterval(timer));
    });
    const { port } = await gateway(everything(url, `, timeout: { total: '200ms' }`));
    const text = await exchangeRaw(port, get('/')).catch(() => 'reset');
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});

describe('an event stream on a cached route', () => {
  it('is delivered chunk by chunk and ends with its client', async () => {
    const gone = Promise.withResolvers<void>();
    const { url } = await backend((_req, res) => {
      res.setHeader('Content-Type', 'text/event-stream');
      res.write('data: 1\n\n');
      res.on('close', () => gone.resolve());
    });
    const { port } = await gateway(everything(url, `, cache: { ttl: '5s' }`));
    const text = await exchangeRaw(port, get('/'), seen => seen.includes('data: 1'));
    expect(text).toContain('data: 1');
    await gone.promise;
  });
});

describe('unusual requests', () => {
  it('TRACE is 405 with Allow, on any route', async () => {
    const { url } = await gateway(plain);
    const { headers } = await request(url).trace('/a').expect(405);
    expect(headers.allow).toContain('GET');
  });

  it('an upgrade with a method other than GET is an ordinary request', async () => {
    const { port } = await gateway(plain);
    const bytes =
      'POST /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n';
    expect(parsed(await exchangeRaw(port, bytes))).toMatchObject({ status: 200, body: 'still here' });
  });

  it('an unsupported transfer coding is 501', async () => {
    const { url, requests } = await backend((_req, res) => res.end());
    const { port } = await gateway(everything(url));
    const bytes =
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n';
    expect(parsed(await exchangeRaw(port, bytes)).status).toBe(501);
    expect(requests).toHaveLength(0);
  });
});

describe('unusual responses', () => {
  const raw = (bytes: string) =>
    backend(req => {
      req.socket.end(bytes);
    });

  it('a 204 has no Content-Length', async () => {
    const { url } = await raw('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nConnection: close\r\n\r\n');
    const { port } = await gateway(everything(url));
    const { status, head } = parsed(await exchangeRaw(port, get('/')));
    expect(status).toBe(204);
    expect(head).not.toMatch(/content-length/i);
  });

  it('an unsupported transfer coding is 502', async () => {
    const { url } = await raw(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
    );
    const { port } = await gateway(everything(url));
    expect(parsed(await exchangeRaw(port, get('/'))).status).toBe(502);
  });
});
