import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { own, backend, gateway } = testResources();

/** A backend that reveals its address wherever it can. */
const telling = (path: string) =>
  backend((req, res) => {
    const { host = '' } = req.headers;
    const port = host.split(':')[1] ?? '';
    const self = `http://${host}`;
    res.writeHead(Number(req.headers['x-status'] ?? 200), {
      'Content-Type': 'text/html',
      Location: `${self}${path}?next=${encodeURIComponent(`${self}/done`)}`,
      'Content-Location': `//${host}${path}`,
      Link: [`<${self}/style.css>; rel="preload", </font.woff>; rel=preload`, `<${self}/next>; rel=next`],
      Refresh: `5; url=${self}/later`,
      'Set-Cookie': [
        `a=1; Domain=127.0.0.1; Path=${path}; HttpOnly; Secure; SameSite=Lax`,
        `node=${host}; Path=/`,
        'b=2; Domain=.backend.internal',
      ],
      Server: `internal (${host})`,
      Via: `1.1 ${host}`,
      'X-Powered-By': 'PHP',
      'X-Backend-Server': host,
      'X-Internal-Node': host,
      'X-Debug': `served by ${self} in 3 ms`,
      'X-Node': host,
      'X-Accel-Redirect': `${self}/secret`,
      'Access-Control-Allow-Origin': self,
      'Content-Security-Policy': `default-src 'self' ${self}; connect-src ws://${host}`,
      'Proxy-Status': `${host}; error=x`,
    });
    const page = `<h1>Error</h1><p>at ${self}/a.php on ${host}</p> also localhost:${port}, [::1]:${port}`;
    res.end(res.statusCode < 400 ? 'page' : page);
  });

describe.each(TRANSPORTS)('a backend that reveals its address, over %s', transport => {
  it('appears nowhere in the raw response of a three-line route: headers, cookies, redirects', async () => {
    const { url } = await telling('/');
    const { port } = await gateway(everythingTo(url, transport));
    for (const status of [200, 201, 302, 304]) {
      const fields = status === 200 ? [] : [`X-Status: ${status}`];
      const response = await exchangeRaw(port, get('/', ...fields));
      expect(parsed(response).status).toBe(status);
      expect(response).not.toMatch(new RegExp(`127\\.0\\.0\\.1|backend\\.internal|${new URL(url).port}|PHP|secret`));
    }
  });

  it('appears nowhere in its error pages', async () => {
    const { url } = await telling('/');
    const { port } = await gateway(everythingTo(url, transport));
    for (const status of [404, 500, 503]) {
      const { body } = parsed(await exchangeRaw(port, get('/', `X-Status: ${status}`)));
      expect(body).toContain('at http://shop.test/a.php on shop.test</p>');
      expect(body).not.toMatch(/127\.0\.0\.1|localhost|\[::1\]/);
    }
  });

  it('has its redirects mapped to the public address, and keeps foreign ones', async () => {
    const { url } = await telling('/');
    const { port } = await gateway(everythingTo(url, transport));
    const { head } = parsed(await exchangeRaw(port, get('/')));
    const lines = head.split('\r\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        `Location: http://shop.test/?next=${encodeURIComponent('http://shop.test/done')}`,
        'Content-Location: http://shop.test/',
        'Link: <http://shop.test/style.css>; rel="preload", </font.woff>; rel=preload',
        'Refresh: 5; url=http://shop.test/later',
        'Set-Cookie: a=1; Path=/; HttpOnly; Secure; SameSite=Lax',
        'Set-Cookie: node=shop.test; Path=/',
        'Set-Cookie: b=2',
        'X-Debug: served by http://shop.test in 3 ms',
        "Content-Security-Policy: default-src 'self' http://shop.test; connect-src ws://shop.test",
      ]),
    );
  });
});

describe('a backend that accepts a WebSocket', () => {
  it('is not named in the 101 either (W13)', async () => {
    const { url, server } = await backend((_req, res) => res.end());
    server.on('upgrade', ({ headers }, socket) => {
      socket.write(
        [
          'HTTP/1.1 101 Switching Protocols',
          ...['Connection: Upgrade', 'Upgrade: websocket', 'Server: x', `Location: http://${headers.host}/ws`],
          ...['Set-Cookie: a=1; Domain=backend.internal', `X-Node: ${headers.host}`, '', ''],
        ].join('\r\n'),
      );
    });
    const { port } = await gateway(everythingTo(url, 'undici'));
    const upgrade = 'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const text = await exchangeRaw(port, upgrade, seen => seen.includes('\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).toMatch(/^Location: http:\/\/shop\.test\/ws$/m);
    expect(text).toMatch(/^Set-Cookie: a=1$/m);
    expect(text).not.toMatch(new RegExp(`127\\.0\\.0\\.1|internal|${new URL(url).port}|Server`));
  });
});

describe('a reference in a backend response', () => {
  const redirecting = (location: string, cookie = 'a=1') =>
    backend((_req, res) => res.writeHead(302, { Location: location, 'Set-Cookie': cookie }).end());

  it('gets the path of the route if the call has another path', async () => {
    const { url } = await redirecting('/v2/items/8?x=1#top', 'a=1; Path=/v2/items');
    const { port } = await gateway({
      'routes/api/products/[id=int].get.ts': route(`{ proxy: '${url}/v2/items/[id]' }`),
      'routes/orders/[...path].ts': route(`{ proxy: '${url}/v2/items/[...path]' }`),
      'routes/swapped/[a]/[b].ts': route(`{ proxy: '${url}/v2/items/[b]/[a]' }`),
    });
    const headOf = async (path: string) => parsed(await exchangeRaw(port, get(path))).head;
    expect(await headOf('/api/products/7')).toMatch(
      /^Location: \/api\/products\/8\?x=1#top\r\nSet-Cookie: a=1; Path=\/api\/products$/m,
    );
    expect(await headOf('/orders/1/2')).toMatch(/^Location: \/orders\/8\?x=1#top$/m);
    expect(await headOf('/swapped/1/2')).toMatch(/^Location: \/v2\/items\/8\?x=1#top$/m);
  });

  it('loses the base path of its target', async () => {
    const { url } = await redirecting('/base/login', 'a=1; Path=/base');
    const { port } = await gateway({
      'routes/[...path].ts': route(`{ proxy: defineService('based', { targets: ['${url}/base'] }) }`),
    });
    expect(parsed(await exchangeRaw(port, get('/x'))).head).toMatch(/^Location: \/login\r\nSet-Cookie: a=1; Path=\/$/m);
  });

  it('is below the mount path in a team’s own app', async () => {
    const { default: express } = await import('express');
    const { url } = await redirecting('/login', 'a=1; Path=/');
    const { gateway: made } = await gateway(everythingTo(url, 'undici'));
    const server = express().use('/shop', made.handler).listen(0, '127.0.0.1');
    const { portOf } = await import('../support/port.ts');
    await new Promise(resolve => server.once('listening', resolve));
    const { head } = parsed(await exchangeRaw(portOf(server), get('/shop/x')));
    server.close();
    expect(head).toMatch(/^Location: \/shop\/login$/m);
    expect(head).toMatch(/^Set-Cookie: a=1; Path=\/shop\/$/m);
  });

  it('to another host, and a cookie of the public domain, stay unchanged', async () => {
    const { url } = await redirecting('https://idp.example/authorize', 'a=1; Domain=example.test; Secure');
    const { port } = await gateway(everythingTo(url, 'undici'));
    const request = 'GET / HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n';
    expect(parsed(await exchangeRaw(port, request)).head).toMatch(
      /^Location: https:\/\/idp\.example\/authorize\r\nSet-Cookie: a=1; Domain=example\.test; Secure$/m,
    );
  });

  it('does not name another service either', async () => {
    const other = await backend((_req, res) => res.end());
    const { url } = await redirecting(`${other.url}/elsewhere`);
    const { port } = await gateway({
      ...everythingTo(url, 'undici'),
      'routes/other.get.ts': route(`{ proxy: '${other.url}' }`),
    });
    expect(parsed(await exchangeRaw(port, get('/'))).head).toMatch(/^Location: http:\/\/shop\.test\/elsewhere$/m);
  });
});

describe('a service with its own options', () => {
  it('keeps the fields that it exposes and sets the cookie attributes', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, {
        'X-Served-By': 'node-7',
        Server: 'nginx',
        'Set-Cookie': 'a=1; Domain=x.internal; SameSite=None',
      });
      res.end();
    });
    const { port } = await gateway({
      'routes/a.get.ts': route(
        `{ proxy: defineService('said', { targets: ['${url}'], expose: ['X-Served-By'],
          cookies: { domain: 'shop.test', secure: true, sameSite: 'lax' } }) }`,
      ),
    });
    const { head } = parsed(await exchangeRaw(port, get('/a')));
    expect(head).toMatch(/^X-Served-By: node-7$/m);
    expect(head).not.toMatch(/nginx/);
    expect(head).toMatch(/^Set-Cookie: a=1; Domain=shop\.test; Secure; SameSite=lax$/m);
  });
});

describe('the leak guard', () => {
  const leaking = async (length: number) => {
    const { url } = await backend((req, res) => {
      const text = `${' '.repeat(length)}"see http://${req.headers.host}/x"`;
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
      res.end(text);
    });
    return everythingTo(url, 'undici');
  };
  const guarded = (files: Record<string, string>, leakGuard: string) =>
    gateway({
      ...files,
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ leakGuard: ${leakGuard} });\n`,
    });

  it('set to fail makes a leak 502 and truncates a long text before it', async () => {
    const short = await guarded(await leaking(10), `'fail'`);
    const { status, body } = parsed(await exchangeRaw(short.port, get('/')));
    expect([status, JSON.parse(body).code]).toEqual([502, 'upstream.leaks']);
    const long = await guarded(await leaking(300_000), `'fail'`);
    const text = await exchangeRaw(long.port, get('/')).catch(() => '');
    expect(text).not.toContain('127.0.0.1');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(parsed(text).body.length).toBeLessThan(300_000);
  });

  it('set to off or warn leaves the text unchanged', async () => {
    for (const leakGuard of ['false', `'warn'`]) {
      const { port } = await guarded(await leaking(70_000), leakGuard);
      const { body } = parsed(await exchangeRaw(port, get('/')));
      expect(body.trim()).toMatch(/^"see http:\/\/127\.0\.0\.1:\d+\/x"$/);
    }
  });

  it('warns in the log of `dev` by default', async () => {
    const project = own(await createProject(await leaking(10)));
    const portico = own(startPortico('dev', ['--dir', project.dir], { env: { LOG_LEVEL: 'warn' } }));
    const { url } = await portico.ready();
    const warned = portico.printed('a backend named an address in its response');
    await (await fetch(url)).text();
    expect(await warned).toMatch(/"service":"backend".*"found":"http:\/\/127\.0\.0\.1:\d+"/);
  });
});
