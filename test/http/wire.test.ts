import { once } from 'node:events';
import { connect } from 'node:net';
import express from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { deadAddress } from '../support/backend.ts';
import { echo } from '../support/echo.ts';
import { route, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const everything = (url: string) => ({ 'routes/[[...path]].ts': route(`{ proxy: '${url}' }`) });
describe('a response', () => {
  it('carries no hop-by-hop fields and nothing that identifies the backend (W3, W4)', async () => {
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

  it('keeps the connection after Expect: 100-continue without a body', async () => {
    const { port } = await gateway({ 'routes/ok.get.ts': route(`{ handler: () => 'ok' }`) });
    const expecting = 'GET /ok HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n';
    const text = await exchangeRaw(port, expecting + get('/ok'));
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  it('is a 502 problem with a request id for a dead backend, without address and query (W5)', async () => {
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

  it('is an HTML page for a browser that prefers it', async () => {
    const { url } = await gateway(everything(await deadAddress()));
    const browser = await request(url).get('/').set('Accept', 'text/html,application/xhtml+xml,*/*;q=0.8').expect(502);
    expect(browser.headers['content-type']).toBe('text/html; charset=utf-8');
    const script = await request(url).get('/').set('Accept', 'application/json, text/html;q=0.5').expect(502);
    expect(script.headers['content-type']).toBe('application/problem+json');
  });

  it('is 502 for an invalid HTTP response', async () => {
    const { url } = await backend((req, _res) => {
      req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n');
    });
    const { url: door } = await gateway(everything(url));
    const { body } = await request(door).get('/').expect(502);
    expect(body.code).toBe('upstream.malformed');
  });

  it('is truncated where the backend truncated it and never looks complete (W15)', async () => {
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

  it('keeps the headers of a team’s middleware and joins its cookies (W18)', async () => {
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

describe('a client that disconnects', () => {
  it('aborts the call to the backend and returns the permit (W14)', async () => {
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

  it('before any response aborts the call too (W14)', async () => {
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

  it('does not block the connections of other clients (W14)', async () => {
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
  it('streams both ways with backpressure', async () => {
    const { url } = await backend((req, res) => req.pipe(res));
    const { url: door } = await gateway(everything(url));
    const sent = Buffer.alloc(8 * 1024 * 1024, 'abcdefgh');
    const response = await fetch(door, { method: 'POST', body: sent });
    expect(Buffer.from(await response.arrayBuffer()).equals(sent)).toBe(true);
  });

  it('pauses the backend for a client that does not read', async () => {
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

  it('that middleware has already read is 500 and names the remedy in the log only', async () => {
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
