import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { type AttachOptions, createGateway, type Gateway } from '../src/gateway.ts';
import { route } from './support/gateway.ts';
import { createProject } from './support/project.ts';
import { exchangeRaw, get, parsed } from './support/raw.ts';
import { testResources } from './support/resources.ts';

const { backend, gateway, own } = testResources();

describe('a gateway in a team’s own app', () => {
  it('matches below its mount path and adds it to its own addresses', async () => {
    const { gateway: made } = await gateway({
      'routes/where.get.ts': route(`{ handler: c => ({ path: c.url.pathname, user: c.locals.user }) }`),
      'routes/old.get.ts': route(`{ redirect: '/where' }`),
    });
    const app = express();
    app.use((_req, res, next) => {
      res.locals.user = 'ann';
      next();
    });
    app.use('/shop', made.handler);
    expect((await request(app).get('/shop/where').expect(200)).body).toEqual({ path: '/shop/where', user: 'ann' });
    await request(app).get('/shop/old').expect(307).expect('location', '/shop/where');
    await request(app).get('/shop/nothing').expect(404).expect('content-type', 'application/problem+json');
    await request(app).get('/elsewhere').expect(404).expect('content-type', /html/);
  });

  it("passes the app's locals on to routes, also as a handler without a next one", async () => {
    const { gateway: made } = await gateway({
      'routes/who.get.ts': route(`{ handler: c => ({ user: c.locals.user }) }`),
    });
    const app = express();
    app.use((req, res) => {
      res.locals.user = 'ann';
      made.handler(req, res);
    });
    expect((await request(app).get('/who').expect(200)).body).toEqual({ user: 'ann' });
  });

  it('passes unmatched requests on if it is configured to', async () => {
    const { gateway: made } = await gateway(
      { 'routes/mine.get.ts': route(`{ handler: () => 1 }`) },
      { passThrough: true },
    );
    const app = express();
    app.use(made.handler);
    app.get('/theirs', (_req, res) => void res.send('theirs'));
    expect((await request(app).get('/theirs').expect(200)).text).toBe('theirs');
    await request(app).post('/mine').expect(405);
  });

  it('works in Express too', async () => {
    const { gateway: made } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 1 }`) });
    const { headers } = await request(made.app).get('/a').expect(200, '1');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
  });

  it('attaches to the team’s own server', async () => {
    const { gateway: made } = await gateway({
      'routes/a.post.ts': route(`{ body: { type: 'object' }, handler: c => c.body }`),
    });
    const server = createServer(made.handler);
    made.attach(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    own({ [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const head = 'POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n';
    const text = await exchangeRaw(port, `${head}Expect: 100-continue\r\nContent-Length: 7\r\n\r\n{"a":1}`);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(text.match(/100 Continue/g)).toHaveLength(1);
    expect(await exchangeRaw(port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')).toMatch(/^HTTP\/1\.1 405 /);
  });
});

describe('a team’s own code beside the gateway', () => {
  const serve = async (listener: Parameters<typeof createServer>[1], made: Gateway, options?: AttachOptions) => {
    const server = createServer(listener ?? (() => {}));
    made.attach(server, options);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    own({
      [Symbol.asyncDispose]: () => {
        server.closeAllConnections();
        return new Promise<void>(resolve => server.close(() => resolve()));
      },
    });
    return { server, port: (server.address() as AddressInfo).port };
  };

  it('may parse bodies of requests that the gateway does not serve', async () => {
    const { gateway: made } = await gateway(
      { 'routes/mine.get.ts': route(`{ handler: () => 1 }`) },
      { passThrough: true },
    );
    const app = express();
    app.use(express.json());
    app.use(made.handler);
    app.post('/own', (req, res) => void res.json(req.body));
    expect((await request(app).post('/own').send({ a: 1 }).expect(200)).body).toEqual({ a: 1 });
  });

  it('sends 100 Continue when its own route reads the body', async () => {
    const { gateway: made } = await gateway(
      { 'routes/mine.get.ts': route(`{ handler: () => 1 }`) },
      { passThrough: true },
    );
    const app = express();
    app.use(made.handler);
    app.post('/own', express.text(), (req, res) => void res.send(`got ${req.body}`));
    const { port } = await serve(app, made);
    const head = 'POST /own HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\n';
    const text = await exchangeRaw(port, `${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
    expect(text).toContain('got hi');
  });

  it('keeps its WebSockets: the gateway takes those below its mount path', async () => {
    const { url, server: upstream } = await backend(() => {});
    upstream.on('upgrade', (_req, socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nX-From: backend\r\n\r\n'),
    );
    const { gateway: made } = await gateway({ 'routes/ws.get.ts': route(`{ proxy: '${url}' }`) });
    const app = express();
    app.use('/shop', made.handler);
    const { server, port } = await serve(app, made, { mount: '/shop' });
    const ask = (path: string) => {
      const fields = [
        ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ].join('\r\n');
      return exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`);
    };
    expect(await ask('/shop/ws')).toMatch(/^HTTP\/1\.1 403 [\s\S]*X-From: backend/i);
    expect(await ask('/ws')).toMatch(/^HTTP\/1\.1 404 /);
    server.on('upgrade', (req, socket) => {
      if (req.url === '/ws') socket.end('HTTP/1.1 418 Mine\r\n\r\n');
    });
    expect(await ask('/ws')).toMatch(/^HTTP\/1\.1 418 /);
  });

  it('fails like the gateway: middleware that throws is problem+json without its stack', async () => {
    const thrower: RequestHandler = (req, _res, next) => {
      next(req.url === '/bad' ? Object.assign(new Error('bad secret'), { status: 400 }) : new Error('a secret'));
    };
    const { url } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 1 }`) }, { use: [thrower] });
    const { body, text } = await request(url).get('/a').expect(500).expect('content-type', 'application/problem+json');
    expect(body.code).toBe('gateway.error');
    expect(text).not.toContain('secret');
    expect((await request(url).get('/bad').expect(400)).text).not.toContain('secret');
  });
});

describe('a listening gateway', () => {
  it('may use a Unix socket', async () => {
    const project = own(await createProject({ 'routes/a.get.ts': route(`{ handler: () => 'over a file' }`) }));
    const made = await createGateway({ dir: project.dir, logLevel: 'silent' });
    const path = join(project.dir, 'gateway.sock');
    await made.listen({ path });
    const text = await new Promise<string>((resolve, reject) => {
      httpRequest({ socketPath: path, path: '/a' }, res => {
        let body = '';
        res.on('data', chunk => {
          body += chunk;
        });
        res.on('end', () => resolve(body));
      })
        .on('error', reject)
        .end();
    });
    expect(text).toBe('over a file');
    await made.close();
  });

  it('names the port that is in use', async () => {
    const { port } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 1 }`) });
    const project = own(await createProject({ 'routes/a.get.ts': route(`{ handler: () => 1 }`) }));
    const other = await createGateway({ dir: project.dir, logLevel: 'silent' });
    await expect(other.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.close();
  });

  it('completes open requests before it closes, and accepts no new ones', async () => {
    const responses: (() => void)[] = [];
    const { url } = await backend((_req, res) => void responses.push(() => res.end('in time')));
    const { url: door, port, gateway: made } = await gateway({ 'routes/slow.get.ts': route(`{ proxy: '${url}' }`) });
    const open = fetch(`${door}/slow`);
    await expect.poll(() => responses.length).toBe(1);
    const closed = made.close({ graceMs: 10_000 });
    await expect(exchangeRaw(port, get('/slow'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    responses[0]?.();
    const response = await open;
    expect(await response.text()).toBe('in time');
    expect(response.headers.get('connection')).toBe('close');
    await closed;
  });

  it('aborts streams and requests that do not end in time', async () => {
    const { url } = await backend((req, res) => {
      if (req.url === '/events') res.setHeader('Content-Type', 'text/event-stream');
      res.write('data: 1\n\n');
    });
    const files = { 'routes/[...path].get.ts': route(`{ proxy: '${url}' }`) };
    const { url: door, gateway: made } = await gateway(files);
    const events = await fetch(`${door}/events`);
    const started = performance.now();
    await made.close({ graceMs: 60_000 });
    expect(performance.now() - started).toBeLessThan(10_000);
    await events.text().catch(() => '');
  });
});

describe('a host group', () => {
  it('serves its own hosts only; another host is 421', async () => {
    const group = (host: string) =>
      `import { defineDefaults } from 'portico';\nexport default defineDefaults({ host: '${host}' });\n`;
    const { port } = await gateway({
      'routes/(one)/_defaults.ts': group('one.test'),
      'routes/(one)/index.get.ts': route(`{ handler: () => 'one' }`),
      'routes/(two)/_defaults.ts': group('two.test'),
      'routes/(two)/index.get.ts': route(`{ handler: () => 'two' }`),
    });
    const ask = async (host: string) =>
      parsed(await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    expect(await ask('one.test')).toMatchObject({ status: 200, body: 'one' });
    expect(await ask('TWO.test:8080')).toMatchObject({ status: 200, body: 'two' });
    expect((await ask('three.test')).status).toBe(421);
  });
});

describe('a purge from the embedding program', () => {
  it('is applied at once, sent to the other processes with its kind, and rejected without a target', async () => {
    let calls = 0;
    const { url } = await backend((_req, res) => res.end(`v${++calls}`));
    const published: unknown[] = [];
    const bus = { publish: (event: unknown) => void published.push(event), subscribe: () => {} };
    const made = await gateway(
      { 'routes/a.get.ts': route(`{ proxy: '${url}', cache: { ttl: '10m', tags: ['a'] } }`) },
      { bus },
    );
    const read = async () => (await request(made.url).get('/a')).text;
    expect([await read(), await read()]).toEqual(['v1', 'v1']);
    const purged = made.gateway.purge({ tags: ['a'] });
    expect(await read()).toBe('v2');
    expect(await purged).toBe(1);
    made.gateway.purge({ tags: ['b'], soft: true });
    expect(published).toEqual([
      { kind: 'purge', purge: { kind: 'hard', targets: [{ kind: 'tag', tag: 'a' }] } },
      { kind: 'purge', purge: { kind: 'soft', targets: [{ kind: 'tag', tag: 'b' }] } },
    ]);
    expect(() => made.gateway.purge({})).toThrow('names nothing to purge');
    expect(() => made.gateway.purge({ urls: ['a'] })).toThrow('urls/0 must be a path');
  });
});
