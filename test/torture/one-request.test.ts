import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';
import { handshake } from '../support/web-socket.ts';

const { backend, gateway } = testResources();

const IMMEDIATE = new Promise(resolve => setImmediate(resolve));

describe('an upgrade request with an endless body', () => {
  it.each([
    ['with a length', '/ws', 'Content-Length: 5'],
    ['in chunks', '/ws', 'Transfer-Encoding: chunked'],
    ['without a route', '/none', 'Content-Length: 5'],
    ['from a refused origin', '/ws', 'Content-Length: 5\r\nOrigin: https://evil.example'],
  ])('gets a response, and its connection is closed: %s', async (_what, path, field) => {
    const { url } = await backend((_req, res) => res.end());
    const { port } = await gateway({ 'routes/ws.ts': route(`{ proxy: '${url}' }`) });
    const socket = await openRaw(port);
    socket.write(handshake(path, ...field.split('\r\n')));
    const text = await textOf(socket);
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text).toMatch(/^Connection: close$/im);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe.each(TRANSPORTS)('a client that reads nothing, over %s', transport => {
  it.each(['text/plain', 'text/event-stream'])(
    'is disconnected after the idle time, and so is its call: %s',
    async type => {
      const clock = new FakeClock();
      let gone = 0;
      let stuck: (() => void) | undefined;
      const full = new Promise<void>(resolve => {
        stuck = resolve;
      });
      const { url } = await backend((_req, res) => {
        res.writeHead(200, { 'Content-Type': type });
        const more = (): void => {
          while (!res.destroyed) {
            if (res.write('x'.repeat(64 * 1024))) continue;
            const timer = setTimeout(() => stuck?.(), 300);
            res.once('drain', () => {
              clearTimeout(timer);
              more();
            });
            return;
          }
        };
        more();
        res.once('close', () => gone++);
      });
      const { port, gateway: made } = await gateway(everythingTo(url, transport, `, timeout: { idle: '5s' }`), {
        clock,
      });
      const socket = await openRaw(port);
      socket.write(get('/'));
      socket.pause();
      await full;
      const closed = once(socket, 'close');
      socket.on('error', () => undefined);
      for (let i = 0; i < 4 && gone === 0; i++) {
        clock.advance(5_000);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      socket.resume();
      await closed;
      expect(gone).toBe(1);
      const inFlight = (await made.metrics()).find(({ name }) => name === 'portico_service_in_flight');
      expect(JSON.stringify(inFlight)).toMatch(/"value":0/);
    },
  );
});

describe('a slow client that reads', () => {
  it('is not disconnected, however often the idle time passes', async () => {
    const clock = new FakeClock();
    const body = Buffer.alloc(24 * 1024 * 1024, 'x');
    const { url } = await backend((_req, res) => res.end(body));
    const { port } = await gateway(everythingTo(url, 'undici', `, timeout: { idle: '5s' }`), { clock });
    const socket = await openRaw(port);
    socket.write(get('/'));
    let read = 0;
    socket.on('data', chunk => {
      read += chunk.length;
      socket.pause();
      clock.advance(20);
      setImmediate(() => socket.resume());
    });
    await once(socket, 'close');
    expect(read).toBeGreaterThan(body.length);
  });
});

describe('pipelined requests', () => {
  const numbered = async () => {
    const executed: string[] = [];
    let release: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      executed.push(req.url ?? '');
      req.resume();
      if (req.url?.includes('slow')) release.push(() => res.end(req.url));
      else res.end(req.url);
    });
    const { port } = await gateway(everythingTo(url, 'undici'));
    const letGo = (): void => {
      for (const each of release.splice(0)) each();
      release = [];
    };
    return { executed, port, letGo };
  };
  const ask = (path: string, ...fields: readonly string[]) =>
    `${['GET', path, 'HTTP/1.1'].join(' ')}\r\n${['Host: shop.test', ...fields].join('\r\n')}\r\n\r\n`;
  const bodies = (text: string) => [...text.matchAll(/\r\n\r\n(\/(?:slow\/)?\d)/g)].map(([, body]) => body);

  it('all get responses in order when garbage follows them', async () => {
    for (const garbage of ['\0\0\0garbage\r\n\r\n', 'GET / HTTP/1.1\r\nHost\r\n\r\n', 'FOO\r\n\r\n']) {
      const { port, letGo, executed } = await numbered();
      const socket = await openRaw(port);
      const text = textOf(socket);
      socket.write(ask('/slow/1') + ask('/2') + ask('/slow/3') + garbage);
      socket.write(garbage);
      while (executed.length < 3) await new Promise(resolve => setImmediate(resolve));
      letGo();
      const answered = await text;
      expect(bodies(answered)).toEqual(['/slow/1', '/2', '/slow/3']);
      expect(answered.match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(3).fill('HTTP/1.1 200'), 'HTTP/1.1 400']);
    }
  });

  it('all get responses in order when the last body is malformed', async () => {
    const bodies: readonly string[] = [
      'Transfer-Encoding: identity\r\n\r\n10\r\n',
      'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
    ];
    for (const body of bodies) {
      const { port, letGo, executed } = await numbered();
      const socket = await openRaw(port);
      const text = textOf(socket);
      socket.write(`${ask('/slow/1')}POST /slow/2 HTTP/1.1\r\nHost: shop.test\r\n${body}`);
      while (executed.length < 1) await new Promise(resolve => setImmediate(resolve));
      letGo();
      expect((await text).match(/HTTP\/1\.1 \d/g)).toEqual([
        'HTTP/1.1 2',
        body.includes('identity') ? 'HTTP/1.1 5' : 'HTTP/1.1 4',
      ]);
    }
  });

  it('end with Connection: close, and what follows is not executed', async () => {
    for (const last of [ask('/slow/2', 'Connection: close'), 'GET /slow/2 HTTP/1.0\r\nHost: shop.test\r\n\r\n']) {
      const { port, letGo, executed } = await numbered();
      const socket = await openRaw(port);
      const text = textOf(socket);
      socket.write(ask('/slow/1') + last + ask('/3'));
      while (executed.length < 2) await new Promise(resolve => setImmediate(resolve));
      letGo();
      expect(bodies(await text)).toEqual(['/slow/1', '/slow/2']);
      expect(executed).toEqual(['/slow/1', '/slow/2']);
    }
  });

  it('get responses behind one that did not wait for 100 Continue', async () => {
    const { port, executed } = await numbered();
    const post = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`;
    const text = await exchangeRaw(port, `${ask('/1')}${post('/2')}${ask('/3', 'Connection: close')}`);
    expect(bodies(text)).toEqual(['/1', '/2', '/3']);
    expect(executed).toEqual(['/1', '/2', '/3']);
    const { port: guarded } = await gateway({
      'routes/a.post.ts': route(`{ handler: () => 'no', guard: () => refuse(403, 'no') }`),
      'routes/b.get.ts': route(`{ handler: () => 'yes' }`),
    });
    const both = await exchangeRaw(guarded, post('/a') + ask('/b', 'Connection: close'));
    // Rejected before its body was read: the connection ends, and what follows is not executed.
    expect(both.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
  });

  it('are read in order, even if middleware delays one of them', async () => {
    const executed: string[] = [];
    const { url } = await backend((req, res) => {
      executed.push(req.url ?? '');
      res.end(req.url);
    });
    const { port } = await gateway({
      ...everythingTo(url, 'undici'),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({
          use: [(req, _res, next) => (req.url === '/1' ? setTimeout(next, 50) : next())] });\n`,
    });
    const text = await exchangeRaw(port, ask('/1', 'Connection: close') + ask('/2'));
    expect([bodies(text), executed]).toEqual([['/1'], ['/1']]);
  });

  it('all get responses when the gateway starts to drain meanwhile', async () => {
    const executed: string[] = [];
    const waiting: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      executed.push(req.url ?? '');
      waiting.push(() => res.end(req.url));
    });
    const { port, gateway: made } = await gateway(everythingTo(url, 'undici'));
    const socket = await openRaw(port);
    const text = textOf(socket);
    socket.write(ask('/1') + ask('/2'));
    while (executed.length < 2) await new Promise(resolve => setImmediate(resolve));
    const closed = made.close({ graceMs: 5_000 });
    await IMMEDIATE;
    for (const each of waiting) each();
    const answered = await text;
    await closed;
    expect(bodies(answered)).toEqual(['/1', '/2']);
    expect(answered.match(/Connection: close/gi)).toHaveLength(1);
  });
});

describe('a Host', () => {
  it.each(['a:65536', '256.1.1.1', '1.2.3', '127.1', '0x7f.1', '0x7f.0.0.1', '1.2.3.4.5', '[::g]', '[1:2:3]', '[::1'])(
    'that is invalid or ambiguous is 400: %s',
    async host => {
      const { port } = await gateway({ 'routes/a.get.ts': route(`{ handler: c => c.url.host }`) });
      const request = `GET /a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      expect(parsed(await exchangeRaw(port, request)).status).toBe(400);
    },
  );

  it.each([
    'a:65535',
    '255.1.1.1:80',
    '[::1]:8080',
    '[0:0::1]',
    'a_b.example',
    'shop.example.',
    'xn--bcher-kva.example',
  ])('that is valid is accepted: %s', async host => {
    const { port } = await gateway({ 'routes/a.get.ts': route(`{ handler: c => c.url.host }`) });
    const request = `GET /a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(parsed(await exchangeRaw(port, request)).status).toBe(200);
  });
});

describe('an authentication failure', () => {
  it('has a challenge, and responses for some users are private', async () => {
    const { port } = await gateway({
      'routes/in/_defaults.ts': `import { defineDefaults, refuse } from 'portico';
        export default defineDefaults({
          guard: c => c.headers['x-key'] === 'k' ? undefined : refuse(401, 'sign in') });\n`,
      'routes/in/a.get.ts': route(
        `{ handler: () => 'a', guard: c => c.query.has('no') ? refuse(403, 'no') : undefined }`,
      ),
      'routes/in/open.get.ts': route(`{ handler: () => 'a', guard: false }`),
      'routes/in/said.get.ts': route(
        `{ handler: () => new Response('a', { headers: { 'Cache-Control': 'public, max-age=60' } }) }`,
      ),
      'routes/basic.get.ts': route(
        `{ handler: () => 'a', guard: () => refuse(401, 'sign in', { challenge: 'Basic realm="shop"' }) }`,
      ),
    });
    const headOf = async (path: string, ...fields: readonly string[]) =>
      parsed(await exchangeRaw(port, get(path, ...fields)));
    const refused = await headOf('/in/a');
    expect(refused.status).toBe(401);
    expect(refused.head).toMatch(/^WWW-Authenticate: Bearer$/m);
    expect((await headOf('/in/a?no', 'X-Key: k')).status).toBe(403);
    expect((await headOf('/in/a', 'X-Key: k')).head).toMatch(/^Cache-Control: private$/m);
    expect((await headOf('/in/open')).head).not.toMatch(/Cache-Control/);
    expect((await headOf('/in/said', 'X-Key: k')).head).toMatch(/^cache-control: public, max-age=60$/im);
    expect((await headOf('/basic')).head).toMatch(/^WWW-Authenticate: Basic realm="shop"$/m);
  });
});

describe('the fields of the client information', () => {
  it('are removed from the request under every spelling that a server reads', async () => {
    const { url } = await backend((req, res) => res.end(JSON.stringify(req.headers)));
    const { port } = await gateway(everythingTo(url, 'undici'));
    const forged = [
      'CF-Connecting-IP',
      'Client-IP',
      'X-Cluster-Client-IP',
      'Forwarded-For',
      'X-Forwarded',
      'X-User',
      'Remote-User',
      'X-SSL-Client-Verify',
      'X-SSL-Client-DN',
      'Proxy',
      'True-Client-IP',
      'Fastly-Client-IP',
      'Client-Cert',
    ];
    const { body } = parsed(await exchangeRaw(port, get('/', ...forged.map(name => `${name}: forged-value`))));
    expect(body).not.toContain('forged-value');
  });

  it('are unknown if a trusted proxy names no address', async () => {
    const { url } = await backend((req, res) => res.end(JSON.stringify(req.headers)));
    const config = (trusted: string) =>
      `import { defineGateway } from 'portico';\nexport default defineGateway({ trustedProxies: [${trusted}] });\n`;
    const { port } = await gateway({
      ...everythingTo(url, 'undici'),
      'portico.config.ts': config(`'127.0.0.1'`),
    });
    const told = async (field: string) => JSON.parse(parsed(await exchangeRaw(port, get('/', field))).body);
    for (const field of ['Forwarded: for=banana', 'X-Forwarded-For: <script>', 'Forwarded: for="1.2.3.4.5"']) {
      const headers = await told(field);
      expect(headers['x-forwarded-for']).toBe('unknown, 127.0.0.1');
      expect(headers.forwarded).toMatch(/^for=unknown, for=127\.0\.0\.1;/);
    }
    const hidden = await told('Forwarded: for=_gazonk');
    expect([hidden['x-forwarded-for'], hidden.forwarded.split(',')[0]]).toEqual(['unknown, 127.0.0.1', 'for=_gazonk']);
  });

  it('come from a proxy over a Unix socket if that is trusted', async () => {
    const { connect } = await import('node:net');
    const { url } = await backend((req, res) => res.end(JSON.stringify(req.headers)));
    for (const [trusted, expected] of [
      [`['unix']`, '192.0.2.7, unknown'],
      ['[]', 'unknown'],
    ]) {
      const { gateway: made, project } = await gateway({
        ...everythingTo(url, 'undici'),
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({ trustedProxies: ${trusted} });\n`,
      });
      const { createServer } = await import('node:http');
      const server = createServer(made.handler);
      const path = `${project.dir}/door.sock`;
      await new Promise<void>(resolve => void server.listen(path, resolve));
      const socket = connect(path);
      socket.write(get('/', 'X-Forwarded-For: 192.0.2.7'));
      const { body } = parsed(await textOf(socket));
      await new Promise(resolve => server.close(resolve));
      expect(JSON.parse(body)['x-forwarded-for']).toBe(expected);
    }
  });
});

describe('the origin of a WebSocket', () => {
  it('over TLS is rejected on a plain connection', async () => {
    const { url } = await backend((_req, res) => res.end());
    const { port } = await gateway({
      'routes/ws.ts': route(`{ proxy: '${url}' }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ trustedProxies: ['127.0.0.1'] });\n`,
    });
    const ask = async (...fields: readonly string[]) =>
      parsed(await exchangeRaw(port, handshake('/ws', ...fields), text => text.includes('\r\n\r\n'))).status;
    const tls = 'X-Forwarded-Proto: https';
    expect(await ask(tls, 'Origin: http://shop.test')).toBe(403);
    expect(await ask(tls, 'Origin: https://shop.test:443')).not.toBe(403);
    expect(await ask('Origin: http://shop.test')).not.toBe(403);
    expect(await ask('Origin: https://evil.example')).toBe(403);
    expect(await ask('Origin: null')).toBe(403);
  });
});

it('an HTTP/2 server is rejected with a clear message', async () => {
  const { gateway: made } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 'a' }`) });
  const server = createHttp2Server();
  expect(() => made.attach(server as never)).toThrow(/node:http.*HTTP\/2/);
});
