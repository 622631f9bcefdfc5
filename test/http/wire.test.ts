import { once } from 'node:events';
import { connect } from 'node:net';
import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { deadAddress, type startBackend } from '../support/backend.ts';
import { route, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const everything = (url: string) => ({ 'routes/[[...path]].ts': route(`{ proxy: '${url}' }`) });
const echo: Parameters<typeof startBackend>[0] = (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', chunk => chunks.push(chunk));
  req.on('end', () => {
    res.setHeader('Content-Type', 'application/json');
    res.end(
      JSON.stringify({
        method: req.method,
        url: req.url,
        headers: req.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
};

describe('what enters', () => {
  it('is scrubbed before any backend sees it, even when the client expects 100 Continue (W1)', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(everything(url));
    const head = [
      'POST /a HTTP/1.1',
      'Host: shop.test',
      'Expect: 100-continue',
      'Content-Length: 5',
      'X-Internal-User: admin',
      'Connection: close, X-Smuggled',
      'X-Smuggled: 1',
      '',
      '',
    ].join('\r\n');
    const socket = await openRaw(port);
    socket.write(head);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    const seen = JSON.parse(parsed(text).body);
    expect(seen.body).toBe('hello');
    for (const name of ['x-internal-user', 'expect', 'x-smuggled']) expect(seen.headers).not.toHaveProperty(name);
  });

  it('gets no 100 Continue before somebody wants its body (W1)', async () => {
    const { port } = await gateway({
      'routes/upload.post.ts': route(`{ guard: () => refuse(403, 'no'), handler: () => 1 }`),
    });
    const head =
      'POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(port, head)).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('says who asks by what the socket shows, not by what the client claims (W2)', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(everything(url));
    const claims = [
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Host: evil.test',
      'Forwarded: for=203.0.113.9',
      'X-Request-Id: mine',
    ];
    const { headers } = JSON.parse(parsed(await exchangeRaw(port, get('/', ...claims))).body);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(headers['x-forwarded-host']).toBe('shop.test');
    expect(headers['x-forwarded-proto']).toBe('http');
    expect(headers).not.toHaveProperty('forwarded');
    expect(headers['x-request-id']).not.toBe('mine');
  });

  it('believes a trusted proxy, and resolves the client from right to left (W2)', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway({
      ...everything(url),
      'routes/who.get.ts': route(`{ handler: c => ({ ids: c.id, url: c.url.href }) }`),
      'portico.config.ts': `import { defineGateway } from 'portico';\nexport default defineGateway({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] });\n`,
    });
    const claims = [
      'X-Forwarded-For: 203.0.113.9, 10.1.2.3',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.test',
      'X-Request-Id: from-edge',
    ];
    const { headers } = JSON.parse(parsed(await exchangeRaw(port, get('/', ...claims))).body);
    expect(headers['x-forwarded-for']).toBe('203.0.113.9, 10.1.2.3, 127.0.0.1');
    expect(headers['x-request-id']).toBe('from-edge');
    const who = JSON.parse(parsed(await exchangeRaw(port, get('/who', ...claims))).body);
    expect(who).toEqual({ ids: 'from-edge', url: 'https://www.test/who' });
  });

  it.each(['/a/..%2f..%2fadmin', '/a/../admin', '//admin', '/a%zz', '/a%00'])(
    'is refused with 400 where two programs may read it differently: %s (W18)',
    async path => {
      const { url, requests } = await backend(echo);
      const { port } = await gateway(everything(url));
      const { status, head, body } = parsed(await exchangeRaw(port, get(path)));
      expect(status).toBe(400);
      expect(head).toContain('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ code: 'request.malformed', status: 400 });
      expect(requests).toHaveLength(0);
    },
  );

  it('is matched by its case and its trailing slash (W18)', async () => {
    const { url } = await gateway({ 'routes/u/[id].get.ts': route(`'/u/[id]', { handler: c => c.params.id }`) });
    await request(url).get('/u/1').expect(200, '1');
    await request(url).get('/U/1').expect(404);
    await request(url).get('/u/1/').expect(404);
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no HTTP at all', 'NONSENSE\r\n\r\n'],
  ])('with %s is 400, and no backend is called', async (_name, bytes) => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway(everything(url));
    expect(await exchangeRaw(port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(requests).toHaveLength(0);
  });
});

describe('what leaves', () => {
  it('carries nothing that concerns another connection, and nothing a backend says about itself (W3, W4)', async () => {
    const { url } = await backend((_req, res) => {
      res.setHeader('Connection', 'close, X-Hop');
      res.setHeader('X-Hop', '1');
      res.setHeader('Server', 'internal/1.2');
      res.setHeader('X-Powered-By', 'PHP');
      res.setHeader('X-Internal-Node', '10.0.0.7');
      res.setHeader('X-Kept', 'yes');
      res.setHeader('Set-Cookie', ['a=1', 'b=2']);
      res.end('body');
    });
    const { port } = await gateway(everything(url));
    const keepAlive = 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n';
    const { head } = parsed(await exchangeRaw(port, keepAlive, text => text.includes('body')));
    expect(head).toMatch(/^Connection: keep-alive/m);
    expect(head).toMatch(/^X-Kept: yes/m);
    expect(head.match(/^Set-Cookie: .*/gm)).toEqual(['Set-Cookie: a=1', 'Set-Cookie: b=2']);
    expect(head).not.toMatch(/x-hop|internal|powered|10\.0\.0\.7/i);
  });

  it('is 502 as problem+json with a request id when the backend is dead, and names no address and no query (W5)', async () => {
    const address = await deadAddress();
    const { port } = await gateway(everything(address));
    const { status, head, body } = parsed(await exchangeRaw(port, get('/orders?token=secret')));
    expect(status).toBe(502);
    expect(head).toContain('Proxy-Status: portico; error=connection_refused');
    const problem = JSON.parse(body);
    expect(problem).toMatchObject({
      type: 'urn:portico:error:upstream.unreachable',
      status: 502,
      instance: '/orders',
      requestId: expect.any(String),
    });
    expect(head + body).not.toMatch(/127\.0\.0\.1|secret/);
  });

  it('is a page for a browser that prefers one', async () => {
    const { url } = await gateway(everything(await deadAddress()));
    const browser = await request(url).get('/').set('Accept', 'text/html,application/xhtml+xml,*/*;q=0.8').expect(502);
    expect(browser.headers['content-type']).toBe('text/html; charset=utf-8');
    const script = await request(url).get('/').set('Accept', 'application/json, text/html;q=0.5').expect(502);
    expect(script.headers['content-type']).toBe('application/problem+json');
  });

  it('is 502 for an answer that is no HTTP', async () => {
    const { url } = await backend((req, _res) => {
      req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n');
    });
    const { url: door } = await gateway(everything(url));
    const { body } = await request(door).get('/').expect(502);
    expect(body.code).toBe('upstream.malformed');
  });

  it('breaks off where the backend broke off, and never looks whole (W15)', async () => {
    for (const fields of [{ 'Content-Length': '100' }, {}]) {
      const { url } = await backend((_req, res) => {
        res.writeHead(200, fields);
        res.write('half');
        setImmediate(() => res.destroy());
      });
      const { port } = await gateway(everything(url));
      const text = await exchangeRaw(port, get('/')).catch(() => '');
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      const { body } = parsed(text);
      expect(body.length).toBeLessThan(100);
    }
  });

  it('keeps the headers of a team’s middleware, and joins its cookies (W18)', async () => {
    const { url } = await backend((_req, res) => {
      res.setHeader('Set-Cookie', 'backend=1');
      res.setHeader('X-Both', 'backend');
      res.end('ok');
    });
    const { url: door } = await gateway(everything(url), {
      use: [
        (_req, res, next) => {
          res.setHeader('Set-Cookie', 'team=1');
          res.setHeader('X-Both', 'team');
          res.setHeader('X-Team', 'yes');
          next();
        },
      ],
    });
    const { headers } = await request(door).get('/').expect(200);
    expect(headers['set-cookie']).toEqual(expect.arrayContaining(['backend=1', 'team=1']));
    expect(headers['x-both']).toBe('backend');
    expect(headers['x-team']).toBe('yes');
  });
});

describe('a client that leaves', () => {
  it('aborts the call to the backend, and the permit comes back (W14)', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200);
      res.write('first');
    });
    const { port, gateway: made } = await gateway(everything(url));
    const socket = connect(port, '127.0.0.1', () => socket.write(get('/')));
    await once(socket, 'data');
    expect(await inFlight(made)).toEqual([1]);
    socket.destroy();
    await expect.poll(() => inFlight(made)).toEqual([0]);
  });

  it('before any answer aborts the call too (W14)', async () => {
    let aborted: (() => void) | undefined;
    const gone = new Promise<void>(resolve => {
      aborted = resolve;
    });
    const arrived = Promise.withResolvers<void>();
    const { url } = await backend((req, _res) => {
      arrived.resolve();
      req.socket.on('close', () => aborted?.());
    });
    const { port } = await gateway(everything(url));
    const socket = connect(port, '127.0.0.1', () => socket.write(get('/')));
    await arrived.promise;
    socket.destroy();
    await gone;
  });

  it('does not wedge the connections of those who stay (W14)', async () => {
    const big = Buffer.alloc(4 * 1024 * 1024, 'x');
    const { url } = await backend((req, res) => res.end(req.url === '/big' ? big : 'small'));
    const { port, url: door } = await gateway(everything(url));
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1', () => socket.write(get('/big')));
      await once(socket, 'data');
      socket.destroy();
    }
    await request(door).get('/small').expect(200);
  });
});

describe('a body', () => {
  it('streams both ways with back-pressure', async () => {
    const { url } = await backend((req, res) => req.pipe(res));
    const { url: door } = await gateway(everything(url));
    const sent = Buffer.alloc(8 * 1024 * 1024, 'abcdefgh');
    const answer = await fetch(door, { method: 'POST', body: sent });
    expect(Buffer.from(await answer.arrayBuffer()).equals(sent)).toBe(true);
  });

  it('makes the backend wait for a client that does not read', async () => {
    let written = 0;
    const { url } = await backend((_req, res) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (!res.write(chunk)) {
            res.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const { port } = await gateway(everything(url));
    const socket = await openRaw(port);
    socket.pause();
    socket.write(get('/'));
    let before = -1;
    await expect
      .poll(
        () => {
          const still = written === before && written > 0;
          before = written;
          return still;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(written).toBeLessThan(64 * 1024 * 1024);
    socket.destroy();
  });

  it('that middleware has read already is 500 and names the remedy in the log only', async () => {
    const { url, requests } = await backend(echo);
    const { url: door } = await gateway(everything(url), { use: [express.json()] });
    const { body } = await request(door).post('/').send({ a: 1 }).expect(500);
    expect(body.code).toBe('gateway.body_taken');
    expect(requests).toHaveLength(0);
  });
});

async function inFlight(made: TestGateway['gateway']): Promise<number[]> {
  const snapshot = await made.metrics();
  const metric = snapshot.find(({ name }) => name === 'portico_service_in_flight');
  return (metric?.values ?? []).filter(({ labels }) => labels.kind === 'call').map(({ value }) => value);
}
