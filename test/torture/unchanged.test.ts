import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { scriptedBackend } from '../support/scripted-backend.ts';
import { everythingTo, TRANSPORTS, type TransportName } from '../support/transports.ts';

const { own, backend, gateway } = testResources();

type Fields = Record<string, string | string[]>;

/** A gateway before a backend that responds with these fields and this body. */
async function answering(
  status: number,
  fields: Fields | ((port: string) => Fields),
  body: string | ((port: string) => string) = '',
) {
  const { url } = await backend((req, res) => {
    const port = new URL(`http://${req.headers.host}`).port;
    res.writeHead(status, typeof fields === 'function' ? fields(port) : fields);
    res.end(typeof body === 'function' ? body(port) : body);
  });
  const { port } = await gateway(everythingTo(url, 'undici'));
  return async (...lines: readonly string[]) => parsed(await exchangeRaw(port, get('/', ...lines)));
}

describe('a number or a word that equals a part of a backend address', () => {
  it('stays in the body of an error for programs', async () => {
    const ask = await answering(
      422,
      { 'Content-Type': 'application/json' },
      port => `{"code":${port},"port":${port},"at":":${port}","host":"localhost","url":"http://127.0.0.1:${port}/x"}`,
    );
    const { body } = await ask();
    expect(body).toMatch(/"code":(\d+),"port":\1,"at":":\1","host":"localhost","url":"http:\/\/127\.0\.0\.1:\1\/x"/);
  });

  it('stays in the fields of a response, and in an HTML page', async () => {
    const ask = await answering(
      404,
      port => ({
        'Content-Type': 'text/plain',
        'X-Pagination': `{"total":${port},"port":${port}}`,
        'Set-Cookie': `p={"n":${port}}`,
        Location: `https://idp.example/authorize?state=:${port}`,
      }),
      port => `order ${port}, port ${port}, :${port}, localhost, 127.0.0.1`,
    );
    const { head, body } = await ask();
    const [, port = ''] = /"total":(\d+)/.exec(head) ?? [];
    expect(head).toContain(`X-Pagination: {"total":${port},"port":${port}}`);
    expect(head).toContain(`Set-Cookie: p={"n":${port}}`);
    expect(head).toContain(`Location: https://idp.example/authorize?state=:${port}`);
    expect(body).toContain(`order ${port}, port ${port}, :${port}, localhost, 127.0.0.1`);
  });

  it('is no leak', async () => {
    const { url } = await backend((req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(`{"total":${new URL(`http://${req.headers.host}`).port},"host":"localhost"}`);
    });
    const { port } = await gateway({
      ...everythingTo(url, 'undici'),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ leakGuard: 'fail' });\n`,
    });
    expect(parsed(await exchangeRaw(port, get('/'))).status).toBe(200);
  });

  it('is never changed, whatever surrounds it', async () => {
    const noise = fc.stringMatching(/^[ -~]{0,20}$/).filter(text => !/127|localhost|::1|0\.0\.0\.0/.test(text));
    let lines: readonly string[] = [];
    const ask = await answering(200, port => ({ 'X-Echo': lines.map(line => line.replaceAll('PORT', port)) }));
    await fc.assert(
      fc.asyncProperty(noise, noise, async (before, after) => {
        lines = [`x${before}PORT${after}x`];
        const { head } = await ask();
        expect(head).toMatch(/X-Echo: /);
        const [, echoed] = /X-Echo: (.*)/.exec(head) ?? [];
        expect(echoed?.startsWith(`x${before}`) && echoed.endsWith(`${after}x`)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the address of a backend', () => {
  it('is hidden under each name of a loopback target', async () => {
    const ask = await answering(200, port => ({
      'X-Self': ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].map(host => `http://${host}:${port}/x`),
      Location: `http://localhost:${port}/a`,
    }));
    const { head } = await ask();
    expect(head.match(/X-Self: http:\/\/shop\.test\/x/g)).toHaveLength(4);
    expect(head).toContain('Location: http://shop.test/a');
  });

  it('stays if the service declares it public', async () => {
    const cdn = await backend((_req, res) => res.end());
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Security-Policy': `img-src ${cdn.url}`, Location: `${cdn.url}/logo.png` });
      res.end();
    });
    const { port } = await gateway({
      ...everythingTo(url, 'undici'),
      'routes/cdn/[...path].ts': route(
        `{ proxy: defineService('cdn', { targets: ['${cdn.url}'], public: true })('/[...path]') }`,
      ),
    });
    const { head } = parsed(await exchangeRaw(port, get('/')));
    expect(head).toContain(`Content-Security-Policy: img-src ${cdn.url}`);
    expect(head).toContain(`Location: ${cdn.url}/logo.png`);
  });

  it('keeps the length of an error page', async () => {
    const ask = await answering(500, { 'Content-Type': 'text/html', 'Content-Length': '9' }, '<p>no</p>');
    const { head, body } = await ask();
    expect(head).toMatch(/Content-Length: 9/i);
    expect(body).toBe('<p>no</p>');
  });
});

describe('the path of a request', () => {
  const echoing = async (file: string, pattern: string) => {
    const { url } = await backend((req, res) => res.end(req.url));
    const { port } = await gateway({ [`routes/${file}.ts`]: route(`{ proxy: '${url}${pattern}' }`) });
    return async (path: string) => parsed(await exchangeRaw(port, get(path))).body;
  };

  it('is passed below a pattern as the client wrote it', async () => {
    const ask = await echoing('api/[...path]', '/v2/[...path]');
    for (const path of [
      '/a;v=1/b',
      '/p/7:cancel',
      '/@scope/pkg',
      '/$metadata',
      "/Products(1)/Name,Id!*'",
      '/a%2Bb+c',
      '/%C3%A9/a%3B%2C',
      '/a/',
      '/%2540',
    ])
      expect(await ask(`/api${path}`)).toBe(`/v2${path}`);
  });

  it('is passed on with any bytes', async () => {
    const ask = await echoing('api/[...path]', '/v2/[...path]');
    const segment = fc.stringMatching(/^(?:[a-zA-Z0-9~_@:!$&'()*+,;=-]|%[2-7][0-9A-F]){1,12}$/).filter(text => {
      const decoded = text.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      return !/[/\\\u007f]|^\.{0,2};|^\.{1,2}$/.test(decoded);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 4 }), async segments => {
        const written = `/${segments.join('/')}`;
        const unreserved = written.replaceAll(/%(?:2D|2E|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])/g, decodeURIComponent);
        expect(await ask(`/api${written}`)).toBe(`/v2${unreserved}`);
      }),
      { numRuns: 200 },
    );
  });

  it('adds nothing to the query of a pattern', async () => {
    const ask = await echoing('search/[q]', '/find?q=[q]&role=user');
    expect(await ask('/search/a&role=admin')).toBe('/find?q=a%26role%3Dadmin&role=user');
    expect(await ask('/search/a%26role%3Dadmin%2Bb')).toBe('/find?q=a%26role%3Dadmin%2Bb&role=user');
    const below = await echoing('in/[...q]', '/find?path=/[...q]&x=//');
    expect(await below('/in/a&b/c')).toBe('/find?path=/a%26b%2Fc&x=//');
  });

  it('keeps its trailing slash if a rest parameter may be empty', async () => {
    const ask = await echoing('h/[[...path]]', '/v2/[[...path]]');
    expect(await ask('/h/')).toBe('/v2/');
    expect(await ask('/h')).toBe('/v2');
    expect(await ask('/h/?EIO=4')).toBe('/v2/?EIO=4');
    expect(await ask('/h/a/')).toBe('/v2/a/');
    const { url } = await backend((req, res) => res.end(req.url));
    const { port } = await gateway({ 'routes/ws/[[...path]].ts': route(`{ proxy: '${url}' }`) });
    expect(parsed(await exchangeRaw(port, get('/ws/'))).body).toContain('/ws/');
  });

  it('is decoded once: guards and the backend see the same unreserved characters', async () => {
    const { url } = await backend((req, res) => res.end(req.url));
    const { port } = await gateway({
      'routes/[...path].ts': route(
        `{ proxy: '${url}', guard: c => c.url.pathname.startsWith('/admin') ? refuse(403, 'no') : undefined }`,
      ),
    });
    expect(parsed(await exchangeRaw(port, get('/%61dmin/x'))).status).toBe(403);
    expect(parsed(await exchangeRaw(port, get('/%7Eme/%c3%a9'))).body).toContain('/~me/%C3%A9');
  });
});

describe('a value in a tagged template', () => {
  it('is encoded except for characters that a segment may contain', async () => {
    const { url } = await backend((req, res) => res.end(req.url));
    const { port } = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const s = defineService('s', { targets: ['${url}'] });\n`,
      'routes/go.get.ts': `import { defineRoute } from 'portico';
        import { s } from '#services';
        export default defineRoute({
          proxy: c => s\`/i/\${c.query.get('v') ?? ''}/end?q=\${c.query.get('v') ?? ''}\` });\n`,
    });
    const ask = async (value: string) =>
      parsed(await exchangeRaw(port, get(`/go?v=${encodeURIComponent(value)}`))).body;
    expect(await ask("@a/b:c;d=1,$&+!*'()~")).toMatch(/^\/i\/@a%2Fb:c;d=1,\$&\+!\*'\(\)~\/end\?q=%40a%2Fb%3Ac/);
    expect(await ask('..;x')).toMatch(/^\/i\/\.\.%3Bx\/end/);
    expect(await ask('a?b#c d')).toMatch(/^\/i\/a%3Fb%23c%20d\/end/);
  });
});

describe('a reference that a backend builds', () => {
  const located = async (target: string, pattern: string, location: string, file = 'app/[...path]') => {
    const { url } = await backend((req, res) => {
      const prefix = req.headers['x-forwarded-prefix'] ?? '';
      res.writeHead(302, {
        Location: location.replace('PREFIX', String(prefix)),
        'X-Prefix': prefix,
        Link: `<${location}>`,
      });
      res.end();
    });
    const { port } = await gateway({
      [`routes/${file}.ts`]: route(`{ proxy: defineService('s', { targets: ['${url}${target}'] })${pattern} }`),
    });
    const { head } = parsed(await exchangeRaw(port, get('/app/x')));
    return {
      location: /Location: (.*)/.exec(head)?.[1],
      link: /Link: <(.*)>/.exec(head)?.[1],
      prefix: /X-Prefix: (.*)/.exec(head)?.[1],
    };
  };

  it('from X-Forwarded-Host is mapped like a relative one', async () => {
    expect((await located('', `('/files/[...path]')`, 'http://shop.test/files/7?a=1')).location).toBe(
      'http://shop.test/app/7?a=1',
    );
    expect((await located('/v2', '', 'http://shop.test:80/v2/login', '[...path]')).location).toBe(
      'http://shop.test:80/login',
    );
    expect((await located('', '', 'http://shop.test', '[...path]')).location).toBe('http://shop.test');
  });

  it('from X-Forwarded-Prefix is public already', async () => {
    const { location, prefix } = await located('', `('/[...path]')`, 'PREFIX/login');
    expect([location, prefix]).toEqual(['/app/login', '/app']);
    expect((await located('', `('/[...path]')`, '/login')).location).toBe('/app/login');
    expect((await located('', '', '/login', '[...path]')).prefix).toBe('');
  });

  it('never leads to another host when a base path is removed', async () => {
    const slashes = fc.stringMatching(/^[/\\\t]{1,5}$/);
    const { url } = await backend((req, res) => {
      const location = decodeURIComponent(new URL(req.url ?? '', 'http://x').searchParams.get('to') ?? '');
      res.writeHead(302, {
        Location: location,
        'Content-Location': location,
        Refresh: `0; url=${location}`,
        Link: `<${location}>`,
      });
      res.end();
    });
    const { port } = await gateway({
      'routes/[...path].ts': route(`{ proxy: defineService('based', { targets: ['${url}/v2'] }) }`),
    });
    await fc.assert(
      fc.asyncProperty(slashes, fc.constantFrom('evil.example/', 'evil.example', ''), async (front, host) => {
        const to = encodeURIComponent(encodeURIComponent(`/v2/${front}${host}`));
        const { head } = parsed(await exchangeRaw(port, get(`/x?to=${to}`)));
        const references = [
          /^Location: (.*)/m.exec(head)?.[1],
          /^Content-Location: (.*)/m.exec(head)?.[1],
          /url=(.*)/.exec(head)?.[1],
          /<(.*)>/.exec(head)?.[1],
        ];
        for (const reference of references)
          expect(new URL(reference ?? 'x:', 'http://shop.test/a').host).toBe('shop.test');
      }),
      { numRuns: 100 },
    );
  });
});

describe('a cookie with a name prefix', () => {
  it('keeps the attributes that browsers require for it', async () => {
    const { default: express } = await import('express');
    const { url } = await backend((_req, res) => {
      res.writeHead(200, {
        'Set-Cookie': [
          '__Host-a=1; Path=/; Secure',
          '__Secure-b=2; Path=/x; Secure',
          '__host-c=3; path=/; secure',
          'd=4; Path=/',
        ],
      });
      res.end();
    });
    const { gateway: made } = await gateway({
      'routes/[...path].ts': route(
        `{ proxy: defineService('c', { targets: ['${url}'], cookies: { domain: 'shop.test', secure: false } }) }`,
      ),
    });
    const server = express().use('/shop', made.handler).listen(0, '127.0.0.1');
    const { portOf } = await import('../support/port.ts');
    await new Promise(resolve => server.once('listening', resolve));
    const { head } = parsed(await exchangeRaw(portOf(server), get('/shop/x')));
    server.close();
    expect(head.match(/Set-Cookie: .*/g)).toEqual([
      'Set-Cookie: __Host-a=1; Path=/; Secure',
      'Set-Cookie: __Secure-b=2; Path=/shop/x; Secure; Domain=shop.test',
      'Set-Cookie: __host-c=3; path=/; secure',
      'Set-Cookie: d=4; Path=/shop/; Domain=shop.test',
    ]);
  });
});

describe.each(TRANSPORTS)('an unexpected informational response, over %s', transport => {
  it.each([
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 100 Continue\r\nServer: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 100 \r\n\r\n',
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
  ])('before the response is skipped: %j', async interim => {
    for (const pieces of [[interim], [...interim]]) {
      let asked = 0;
      const scripted = own(
        await scriptedBackend(socket => {
          socket.on('data', data => {
            if (!data.toString('latin1').startsWith('GET')) return;
            asked++;
            const send = [...pieces, 'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n', 'HTTP/1.1 100 body'];
            const next = () => {
              const piece = send.shift();
              if (piece !== undefined) socket.write(piece, () => setImmediate(next));
            };
            next();
          });
        }),
      );
      const { url } = await gateway(everythingTo(`http://127.0.0.1:${scripted.port}`, transport));
      for (let i = 1; i <= 3; i++) {
        const response = await fetch(url);
        expect([response.status, await response.text(), asked]).toEqual([200, 'HTTP/1.1 100 body', i]);
      }
      expect(scripted.connections).toBe(1);
    }
  });

  it('does not switch protocols: a 101 to a plain GET is 502 at once, without a retry', async () => {
    let asked = 0;
    let open = 0;
    const scripted = own(
      await scriptedBackend(socket => {
        open++;
        socket.on('close', () => open--);
        socket.on('data', () => {
          asked++;
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        });
      }),
    );
    const { port } = await gateway(everythingTo(`http://127.0.0.1:${scripted.port}`, transport));
    const { status, body } = parsed(await exchangeRaw(port, get('/')));
    expect([status, JSON.parse(body).code, asked]).toEqual([502, 'upstream.malformed', 1]);
    await expect.poll(() => open).toBe(0);
  });
});

describe.each(TRANSPORTS)('the response headers, over %s', transport => {
  const withHead = async (bytes: number, fields: number, options: string) => {
    const { url } = await backend((_req, res) => {
      const each = 'x'.repeat(Math.floor(bytes / fields));
      res.writeHead(200, Array.from({ length: fields }, (_, i) => [`X-${i}`, each]).flat());
      res.end();
    });
    return headFrom(url, transport, options);
  };
  const headFrom = async (url: string, by: TransportName, options: string) => {
    const { port } = await gateway({
      'routes/[...path].ts': route(
        `{ proxy: defineService('s', { targets: ['${url}'], transport: '${by}'${options} }) }`,
      ),
    });
    return parsed(await exchangeRaw(port, get('/x')));
  };

  it('have a size limit that a service may raise', async () => {
    const { status, head, body } = await withHead(40_000, 4, '');
    expect([status, JSON.parse(body).code]).toEqual([502, 'upstream.head_too_large']);
    expect(head).toContain('Proxy-Status: portico; error=http_response_header_section_size');
    expect((await withHead(40_000, 4, `, responseHeaders: '64KB'`)).status).toBe(200);
    const many = await withHead(3_000, 3_000, `, responseHeaders: '64KB'`);
    expect(many.head.match(/X-\d+: x/g)).toHaveLength(3_000);
  });

  it('are sanitized in trailers too', async () => {
    const { url } = await backend((req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum, Server, X-Internal-Node, X-Self' });
      res.write('body');
      res.addTrailers([
        ['X-Sum', '7'],
        ['Server', 'php'],
        ['X-Internal-Node', 'n1'],
        ['X-Self', `http://${req.headers.host}/x`],
      ]);
      res.end();
    });
    const { body } = await headFrom(url, transport, '');
    expect(body).toMatch(/\r\n0\r\nX-Sum: 7\r\nX-Self: http:\/\/shop\.test\/x\r\n\r\n$/);
  });
});
