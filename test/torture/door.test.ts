import { once } from 'node:events';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { echo, seenBehind, seenIn } from '../support/echo.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

const config = (options: string) => ({
  'portico.config.ts': `import { defineGateway } from 'portico';\nexport default defineGateway(${options});\n`,
});

describe.each(TRANSPORTS)('the client information, over %s', transport => {
  const echoed = async (options?: string) => {
    const { url, requests } = await backend(echo);
    const made = await gateway({
      ...everythingTo(url, transport),
      ...(options === undefined ? {} : config(options)),
      'routes/who.get.ts': route(`{ handler: c => ({ id: c.id, url: c.url.href }) }`),
    });
    return { port: made.port, requests };
  };
  const TRUSTING = `{ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', '2001:db8::/32'] }`;

  it('is removed from the request before any backend sees it, even with 100 Continue (W1)', async () => {
    const { port } = await echoed();
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
    const seen = seenIn(text);
    expect(seen.body).toBe('hello');
    for (const name of ['x-internal-user', 'expect', 'x-smuggled']) expect(seen.headers).not.toHaveProperty(name);
  });

  it('comes from the socket, not from the client’s own fields (W2)', async () => {
    const { port } = await echoed();
    const { headers } = await seenBehind(
      port,
      '/',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Port: 1',
      'Forwarded: for=203.0.113.9',
      'X-Request-Id: mine',
      'traceparent: 00-11111111111111111111111111111111-2222222222222222-01',
      'tracestate: mine=1',
      'X-User-Id: 1',
      'x-internal-role: admin',
    );
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
      forwarded: 'for=127.0.0.1;host=shop.test;proto=http',
    });
    expect(headers['x-request-id']).not.toBe('mine');
    expect(headers.traceparent).toMatch(/^00-(?!1{32})[\da-f]{32}-[\da-f]{16}-02$/);
    for (const name of ['tracestate', 'x-user-id', 'x-internal-role']) expect(headers).not.toHaveProperty(name);
  });

  it('includes the port of Host, quoted where Forwarded requires it (W2)', async () => {
    const { port } = await echoed();
    const bytes = 'GET / HTTP/1.1\r\nHost: [2001:DB8::1]:8443\r\nConnection: close\r\n\r\n';
    const { headers } = seenIn(await exchangeRaw(port, bytes));
    expect(headers).toMatchObject({
      'x-forwarded-host': '[2001:db8::1]:8443',
      'x-forwarded-port': '8443',
      forwarded: 'for=127.0.0.1;host="[2001:db8::1]:8443";proto=http',
    });
  });

  it('comes from a trusted proxy, with the client found from right to left (W2)', async () => {
    const { port } = await echoed(TRUSTING);
    const claims = [
      'X-Forwarded-For: 203.0.113.9, 10.1.2.3',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.test',
      'X-Request-Id: from-edge',
      // Sent by the client and passed on by a proxy that writes the other field.
      'Forwarded: for=198.51.100.7',
    ];
    const { headers } = await seenBehind(port, '/', ...claims);
    expect(headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 10.1.2.3, 127.0.0.1',
      'x-forwarded-port': '443',
      forwarded: 'for=203.0.113.9, for=10.1.2.3, for=127.0.0.1;host=www.test;proto=https',
      'x-request-id': 'from-edge',
    });
    const who = parsed(await exchangeRaw(port, get('/who', ...claims)));
    expect(JSON.parse(who.body)).toEqual({ id: 'from-edge', url: 'https://www.test/who' });
  });

  it('is read from Forwarded if a trusted proxy sends only that (W2)', async () => {
    const { port } = await echoed(TRUSTING);
    const outer = 'for="[2001:db9::7]:4711";proto=https;host="www.test:8443"';
    const claim = `Forwarded: ${outer}, for="[2001:db8::2]";proto=http;host=inner.test`;
    const { headers } = await seenBehind(port, '/', claim);
    expect(headers).toMatchObject({
      'x-forwarded-for': '2001:db9::7, 2001:db8::2, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'www.test:8443',
      'x-forwarded-port': '8443',
      forwarded: expect.stringMatching(
        /^for="\[2001:db9::7\]";host="www\.test:8443";proto=https, .*, for=127\.0\.0\.1;/,
      ),
    });
  });

  it('is not read from a malformed Forwarded (W2)', async () => {
    const { port } = await echoed(TRUSTING);
    const { headers } = await seenBehind(port, '/', 'Forwarded: for=203.0.113.9;host="www.test');
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'shop.test' });
  });

  it.each([
    ['00-11111111111111111111111111111111-2222222222222222-01', true],
    ['01-11111111111111111111111111111111-2222222222222222-01-later', true],
    ['00-11111111111111111111111111111111-2222222222222222-01-later', false],
    ['ff-11111111111111111111111111111111-2222222222222222-01', false],
    ['00-00000000000000000000000000000000-2222222222222222-01', false],
    ['00-11111111111111111111111111111111-0000000000000000-01', false],
    ['00-1111111111111111111111111111111G-2222222222222222-01', false],
  ])('keeps a valid trace of a trusted proxy: %s %s', async (traceparent, kept) => {
    const { port } = await echoed(TRUSTING);
    const { headers } = await seenBehind(port, '/', `traceparent: ${traceparent}`, 'tracestate: a=1');
    expect(headers.traceparent === traceparent).toBe(kept);
    expect('tracestate' in headers).toBe(kept);
  });

  it('does not include the user from the fields that the gateway writes', async () => {
    const { port } = await echoed(`{ strippedRequestHeaders: ['X-Tenant', 'acme-*'] }`);
    const { headers } = await seenBehind(port, '/', 'x-tenant: 1', 'ACME-Role: admin', 'X-User-Id: 7');
    for (const name of ['x-tenant', 'acme-role']) expect(headers).not.toHaveProperty(name);
    expect(headers['x-user-id']).toBe('7');
  });

  it('includes Via, and a request that returns to the gateway is rejected', async () => {
    const { port, requests } = await echoed();
    const { headers } = await seenBehind(port, '/', 'Via: 1.0 edge');
    expect(headers.via).toMatch(/^1\.0 edge, 1\.1 portico-[\da-f]{8}$/);
    const again = parsed(await exchangeRaw(port, get('/', `Via: ${headers.via}`)));
    expect(again.status).toBe(508);
    expect(JSON.parse(again.body)).toMatchObject({ code: 'request.loop' });
    expect(requests).toHaveLength(1);
  });

  it('cannot be removed with Connection', async () => {
    const { port } = await echoed();
    const { headers } = await seenBehind(port, '/', 'Connection: close, via, forwarded, x-forwarded-for, traceparent');
    for (const name of ['via', 'forwarded', 'x-forwarded-for', 'traceparent']) expect(headers).toHaveProperty(name);
  });
});

describe.each(TRANSPORTS)('an ambiguous request, over %s', transport => {
  const refused = async (bytes: string, status: number): Promise<void> => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport));
    expect(parsed(await exchangeRaw(port, bytes)).status).toBe(status);
    expect(requests).toHaveLength(0);
  };

  it.each([
    '/a/..%2f..%2fadmin',
    '/a/../admin',
    '//admin',
    '/a%zz',
    '/a%00',
    '/a/..;/b',
    '/a%2fb',
    '/a%5cb',
    '/a%c2%85',
  ])('is rejected with 400 for its path: %s (W9, W18)', async path => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport));
    const { status, head, body } = parsed(await exchangeRaw(port, get(path)));
    expect(status).toBe(400);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ code: 'request.malformed', status: 400 });
    expect(requests).toHaveLength(0);
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    ['two equal Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['two hosts in one Host', 'GET / HTTP/1.1\r\nHost: a, b\r\nConnection: close\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    ['another host in its target', 'GET http://b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['* as the target', get('*')],
    ['a fragment', get('/a#b')],
    ['an underscore in the name of a header', get('/', 'Transfer_Encoding: chunked')],
    ['bytes outside ASCII', get('/', 'X-Name: Zo\u00eb')],
    [
      'a transfer coding in HTTP/1.0',
      'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ],
    ['a body on GET', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'],
    [
      'a chunked body on HEAD',
      'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx'],
    [
      'Content-Length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no HTTP at all', 'NONSENSE\r\n\r\n'],
  ])('is rejected with 400 for %s (W19)', (_name, bytes) => refused(bytes, 400));

  it.each([
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ])('is 405 for %s (W19)', (_name, bytes) => refused(bytes, 405));

  it('is the last on its connection', async () => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport));
    const smuggling = 'GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n';
    expect(await exchangeRaw(port, `${smuggling}${get('/admin')}`)).toMatch(
      /^HTTP\/1\.1 400 (?![\s\S]*HTTP\/1\.1 200)/,
    );
    expect(requests).toHaveLength(0);
  });

  it('may have a body on GET if the route accepts one (W19)', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport, `, limits: { body: '1KB' }`));
    const bytes = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello';
    expect(seenIn(await exchangeRaw(port, bytes))).toMatchObject({ method: 'GET', body: 'hello' });
  });

  it('keeps the bytes of a cookie that a script has set (W19)', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport));
    const utf8 = Buffer.from(get('/', 'Cookie: name=Zo\u00eb'));
    const { headers } = seenIn(Buffer.from(await exchangeRaw(port, utf8), 'latin1').toString());
    expect(Buffer.from(headers.cookie ?? '', 'latin1').toString()).toBe('name=Zo\u00eb');
  });

  it.each(['If-None-Match', 'If-Match', 'If-Range'])('keeps the bytes of an entity tag in %s (W19)', async name => {
    const { url } = await backend(echo);
    const { port } = await gateway(everythingTo(url, transport));
    const latin1 = Buffer.from(get('/', `${name}: "v\u00eb\u0080"`), 'latin1');
    const { headers } = seenIn(Buffer.from(await exchangeRaw(port, latin1), 'latin1').toString());
    expect(headers[name.toLowerCase()]).toBe('"v\u00eb\u0080"');
    const del = Buffer.from(get('/', `${name}: "v\u007f"`), 'latin1');
    expect(parsed(await exchangeRaw(port, del)).status).toBe(400);
  });

  it('with the entity tag that it received, in any bytes, gets 304 (W19)', async () => {
    const { url, requests } = await backend((_req, res) => {
      res.writeHead(200, { ETag: '"v\u00eb"', 'Cache-Control': 'max-age=60' });
      res.end('body');
    });
    const { port } = await gateway(everythingTo(url, transport, ', cache: {}'));
    const tag = /^ETag: (.*)$/im.exec(await exchangeRaw(port, get('/')))?.[1] ?? '';
    const again = Buffer.from(get('/', `If-None-Match: ${tag}`), 'latin1');
    expect(parsed(await exchangeRaw(port, again)).status).toBe(304);
    expect(requests).toHaveLength(1);
  });

  it('gets no 100 Continue before its body is read (W1)', async () => {
    const { port } = await gateway({
      'routes/upload.post.ts': route(`{ guard: () => refuse(403, 'no'), handler: () => 1 }`),
    });
    const head = 'POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
    // The client may then omit the body, so its next request could be read as the body.
    expect(await exchangeRaw(port, head)).toMatch(/^HTTP\/1\.1 403 [\s\S]*^Connection: close/m);
  });
});

describe.each(TRANSPORTS)('an encoded slash, over %s', transport => {
  const seen = async (path: string) => {
    const { url } = await backend(echo);
    const { port } = await gateway({
      ...everythingTo(url, transport, ', encodedSlashes: true'),
      'routes/items/[id].get.ts': route(
        `{ proxy: defineService('items', { targets: ['${url}'] })('/v2/[id]'), encodedSlashes: true }`,
      ),
      'routes/param/[id].get.ts': route(`{ handler: c => c.params.id, encodedSlashes: true }`),
    });
    return parsed(await exchangeRaw(port, get(path)));
  };

  it('stays inside its segment if the route allows it (W9)', async () => {
    expect(JSON.parse((await seen('/a%2Fb/c')).body)).toMatchObject({ url: '/a%2Fb/c' });
    expect(JSON.parse((await seen('/items/a%2fb')).body)).toMatchObject({ url: '/v2/a%2Fb' });
    expect(await seen('/param/a%2Fb')).toMatchObject({ status: 200, body: 'a/b' });
  });

  it.each(['/a%2f..%2fb', '/a%2f', '/%2fa', '/a%2f.;x', '/a%2f%5cb', '/a%5cb'])(
    'is rejected next to an empty segment, a dot segment or a backslash: %s (W9)',
    async path => expect((await seen(path)).status).toBe(400),
  );
});

it('OPTIONS for the whole server is 204 with Allow (W19)', async () => {
  const { port } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 1 }`) });
  const bytes = 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const { status, head } = parsed(await exchangeRaw(port, bytes));
  expect(status).toBe(204);
  expect(head).toMatch(/^Allow: GET, HEAD, POST/m);
});

it('a path is matched with its case and its trailing slash (W18)', async () => {
  const { url } = await gateway({ 'routes/u/[id].get.ts': route(`'/u/[id]', { handler: c => c.params.id }`) });
  await request(url).get('/u/1').expect(200, '1');
  await request(url).get('/U/1').expect(404);
  await request(url).get('/u/1/').expect(404);
});
