import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { scriptedBackend } from '../support/scripted-backend.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { own, backend, gateway } = testResources();

const MEGABYTE = 1024 * 1024;

describe.each(TRANSPORTS)('over %s', transport => {
  const to = (url: string, policies?: string) => gateway(everythingTo(url, transport, policies));

  describe('a request', () => {
    it('arrives with its method, its exact path, its body and the framing of its body', async () => {
      const seen: unknown[] = [];
      const { url } = await backend(async (req, res) => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk);
        const { method, url: path, headers } = req;
        const framing = headers['content-length'] ?? headers['transfer-encoding'];
        seen.push([method, path, framing, Buffer.concat(chunks).toString()]);
        res.end('ok');
      });
      const { port } = await to(url);
      const path = "/a%20b/x;v=1/(c)'!*?q=%zz&r=[]";
      const head = `Host: a\r\nConnection: close\r\n`;
      await exchangeRaw(port, `POST ${path} HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello`);
      await exchangeRaw(
        port,
        `PUT ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      );
      await exchangeRaw(
        port,
        `DELETE ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      );
      await exchangeRaw(port, `PATCH ${path} HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`);
      expect(seen).toEqual([
        ['POST', path, '5', 'hello'],
        ['PUT', path, 'chunked', 'hello'],
        ['DELETE', path, 'chunked', 'hello'],
        ['PATCH', path, '0', ''],
      ]);
    });

    it('goes to the next target with its whole body if the first one does not listen', async () => {
      const { url } = await backend((req, res) => req.pipe(res));
      const { port } = await gateway({
        'routes/a.post.ts': route(
          `{ proxy: defineService('two', { targets: ['http://127.0.0.1:1', '${url}'], transport: '${transport}' }) }`,
        ),
      });
      for (let i = 0; i < 4; i++) {
        const response = await fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'hello' });
        expect([response.status, await response.text()]).toEqual([200, 'hello']);
      }
    });
  });

  describe('an early response to a long upload (W6)', () => {
    it('is delivered every time, though the backend closes the connection during the upload', async () => {
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.once('data', () => {
            socket.end('HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much');
            setImmediate(() => socket.resetAndDestroy());
          });
        }),
      );
      const { url } = await to(`http://127.0.0.1:${backendPort}`);
      const body = Buffer.alloc(8 * MEGABYTE);
      const responses: string[] = [];
      for (let i = 0; i < 50; i++) {
        const response = await fetch(url, { method: 'POST', body });
        responses.push(`${response.status} ${await response.text()}`);
      }
      expect(responses.filter(response => response !== '413 too much')).toEqual([]);
    });
  });

  describe('a backend that closes a connection on reuse (W7)', () => {
    /** Responds to the first request on a connection and closes it silently at the second. */
    const racing = async (): Promise<{ url: string; executed: string[] }> => {
      const executed: string[] = [];
      const { port } = await own(
        await scriptedBackend(socket => {
          let served = 0;
          socket.on('data', data => {
            if (served++ > 0) {
              socket.resetAndDestroy();
              return;
            }
            executed.push(String(data).slice(0, String(data).indexOf(' HTTP')));
            socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
          });
        }),
      );
      return { url: `http://127.0.0.1:${port}`, executed };
    };

    it('fails no GET and no HEAD', async () => {
      const { url } = await racing();
      const { url: door } = await to(url);
      const statuses: number[] = [];
      for (let i = 0; i < 100; i++) {
        const response = await fetch(`${door}/${i}`, { method: i % 2 === 0 ? 'GET' : 'HEAD' });
        statuses.push(response.status);
        await response.arrayBuffer();
      }
      expect(statuses.filter(status => status !== 200)).toEqual([]);
    });

    it('executes no POST twice', async () => {
      const { url, executed } = await racing();
      const { url: door } = await to(url);
      const answered: string[] = [];
      for (let i = 0; i < 40; i++) {
        const response = await fetch(`${door}/${i}`, { method: 'POST', body: 'x' });
        if (response.status === 200) answered.push(`POST /${i}`);
        else expect(response.status).toBe(502);
        await response.arrayBuffer();
      }
      expect(executed).toEqual(answered);
    });
  });

  describe('informational responses and trailers (W8)', () => {
    it('are passed on: 103 before the response, trailers after the body', async () => {
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.once('data', () => {
            socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\nServer: x\r\n\r\n`);
            socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n');
            socket.write('4\r\nbody\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=1\r\n\r\n');
          });
        }),
      );
      const { port } = await to(`http://127.0.0.1:${backendPort}`);
      const text = await exchangeRaw(port, get('/'));
      const [hints = '', ...rest] = text.split('\r\n\r\n');
      expect(hints).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/style\.css>; rel=preload; as=style$/i);
      expect(rest.join('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    });

    it('are not sent to an HTTP/1.0 client', async () => {
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.once('data', () => {
            socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n');
            socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody');
          });
        }),
      );
      const { port } = await to(`http://127.0.0.1:${backendPort}`);
      expect(await exchangeRaw(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    });
  });

  describe('hop-by-hop fields (W3)', () => {
    it('are removed both ways, and a backend’s close does not close the client’s connection', async () => {
      const { url, requests } = await backend((_req, res) => {
        res.writeHead(200, {
          Connection: 'close, X-Hop',
          'X-Hop': '1',
          'Keep-Alive': 'timeout=1',
          'Proxy-Authenticate': 'Basic',
          'X-Kept': 'yes',
        });
        res.end('body');
      });
      const { port } = await to(url);
      const fields =
        'Connection: X-Mine, Cookie\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: x\r\nCookie: a=1\r\n';
      const text = await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, seen => seen.includes('body'));
      const { head } = parsed(text);
      expect(head).toMatch(/^Connection: keep-alive$/m);
      expect(head).toMatch(/^X-Kept: yes$/m);
      expect(head).not.toMatch(/x-hop|proxy-authenticate|timeout=1/i);
      expect(requests[0]?.headers).toMatchObject({ cookie: 'a=1' });
      for (const name of ['x-mine', 'te', 'proxy-authorization', 'keep-alive']) {
        expect(requests[0]?.headers).not.toHaveProperty(name);
      }
    });
  });

  describe('a failure', () => {
    it.each([
      ['closes the connection silently', (socket: Socket) => void socket.once('data', () => socket.destroy()), 502],
      ['never responds', (socket: Socket) => void socket.resume(), 504],
    ])('is reported without address and query when the backend %s (W5)', async (_name, script, status) => {
      const { port: backendPort } = await own(await scriptedBackend(script));
      const { port } = await to(`http://127.0.0.1:${backendPort}`, `, timeout: '300ms'`);
      const response = parsed(await exchangeRaw(port, get('/orders?token=secret')));
      expect(response.status).toBe(status);
      expect(JSON.parse(response.body)).toMatchObject({ instance: '/orders', requestId: expect.any(String) });
      expect(response.head + response.body).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${backendPort}|secret`));
    });

    it('in the middle of a body closes the client’s connection and never looks complete (W15)', async () => {
      for (const framing of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
        const { port: backendPort } = await own(
          await scriptedBackend(socket => {
            socket.once('data', () => {
              const chunk = framing.startsWith('T') ? '4\r\nhalf\r\n' : 'half';
              socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${chunk}`, () => socket.destroy());
            });
          }),
        );
        const { port } = await to(`http://127.0.0.1:${backendPort}`);
        const text = await exchangeRaw(port, get('/')).catch(() => '');
        expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
        expect(parsed(text).body.length).toBeLessThan(100);
      }
    });

    it('to connect is 502 at the connect timeout, which has a clock of its own (W12)', async () => {
      // An endless TLS handshake never becomes a connection.
      const { port: backendPort } = await own(await scriptedBackend(socket => void socket.resume()));
      const { url } = await to(`https://127.0.0.1:${backendPort}`, `, timeout: { connect: '100ms', headers: '20s' }`);
      const response = await fetch(url);
      expect(await response.json()).toMatchObject({ status: 502, code: 'upstream.connect_timeout' });
    });

    it('of a body that stalls is found by its pause, while a slow reader is tolerated (W12)', async () => {
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
        }),
      );
      const { port } = await to(`http://127.0.0.1:${backendPort}`, `, timeout: { idle: '100ms' }`);
      expect(parsed(await exchangeRaw(port, get('/')).catch(() => '')).body.length).toBeLessThan(100);
    });
  });

  describe('a client that disconnects (W14)', () => {
    it('aborts its call before the response headers and in the middle of a body', async () => {
      for (const head of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf']) {
        const gone = Promise.withResolvers<void>();
        const { port: backendPort } = await own(
          await scriptedBackend(socket => {
            socket.once('data', () => socket.write(head));
            socket.once('close', () => gone.resolve());
          }),
        );
        const made = await to(`http://127.0.0.1:${backendPort}`);
        const client = await openRaw(made.port);
        client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
        await (head === '' ? expect.poll(() => inFlight(made)).toBe(1) : once(client, 'data'));
        client.destroy();
        await gone.promise;
        await expect.poll(() => inFlight(made)).toBe(0);
      }
    });
  });

  describe('connections to a backend (W17)', () => {
    it('are reused for the next request', async () => {
      const answering = await own(
        await scriptedBackend(socket => {
          socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
        }),
      );
      const { url } = await to(`http://127.0.0.1:${answering.port}`);
      for (let i = 0; i < 20; i++) expect(await (await fetch(url)).text()).toBe('ok');
      expect(answering.connections).toBe(1);
    });

    it('match the number of calls: nothing queues behind the limit', async () => {
      const waiting: Socket[] = [];
      const all = Promise.withResolvers<void>();
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.once('data', () => {
            waiting.push(socket);
            if (waiting.length === 300) all.resolve();
          });
        }),
      );
      const { url } = await gateway({
        'routes/a.get.ts': route(
          `{ proxy: defineService('wide', { targets: ['http://127.0.0.1:${backendPort}'],
            transport: '${transport}', concurrency: false }) }`,
        ),
      });
      const responses = Array.from({ length: 300 }, () => fetch(`${url}/a`).then(response => response.text()));
      await all.promise;
      for (const socket of waiting) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      expect(new Set(await Promise.all(responses))).toEqual(new Set(['ok']));
    });
  });

  describe('many streamed responses', () => {
    it('leave no warning behind (W16)', async () => {
      const warnings: Error[] = [];
      const hear = (warning: Error): void => void warnings.push(warning);
      process.on('warning', hear);
      const { url } = await backend((_req, res) => res.end(Buffer.alloc(256 * 1024)));
      const { url: door } = await to(url);
      for (let i = 0; i < 30; i++) await (await fetch(door)).arrayBuffer();
      process.off('warning', hear);
      expect(warnings).toEqual([]);
    });
  });
});

async function inFlight({ gateway: made }: Awaited<ReturnType<typeof gateway>>): Promise<number> {
  const metric = (await made.metrics()).find(({ name }) => name === 'portico_service_in_flight');
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}
