import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/config/gateway.ts';
import { GatewayError } from '../../src/core/failure.ts';
import { SecurityFields, securityFieldsOf, securityHeaders } from '../../src/middleware/security-headers.ts';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { exchange, textReply } from '../support/exchange.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, parsed } from '../support/raw.ts';
import { handshake, startWebSocketBackend, type WebSocketBackend } from '../support/web-socket.ts';

const NOSNIFF = ['X-Content-Type-Options', 'nosniff'];
const REFERRER = ['Referrer-Policy', 'strict-origin-when-cross-origin'];

describe('the security fields', () => {
  const fieldsOf = (options: GatewayOptions) => {
    const fields = securityFieldsOf(options);
    return fields && { http: fields.for('http'), https: fields.for('https'), text: fields.text };
  };

  it('are none without a session, unless they are configured', () => {
    expect(fieldsOf({})).toBeUndefined();
    const defaults = { http: [...NOSNIFF, ...REFERRER], https: [...NOSNIFF, ...REFERRER] };
    expect(fieldsOf({ session: {} })).toEqual({ ...defaults, text: 'nosniff, Referrer-Policy' });
    expect(fieldsOf({ securityHeaders: {} })).toMatchObject(defaults);
  });

  it.each<NonNullable<GatewayOptions['securityHeaders']>>([
    false,
    { nosniff: false, referrerPolicy: false },
    { nosniff: false, referrerPolicy: false, hsts: false },
  ])('are none with %o', securityHeaders => {
    expect(fieldsOf({ session: {}, securityHeaders })).toBeUndefined();
  });

  it('are those that are wanted, with Strict-Transport-Security over TLS only', () => {
    expect(fieldsOf({ securityHeaders: { nosniff: false, referrerPolicy: 'no-referrer', hsts: '365d' } })).toEqual({
      http: ['Referrer-Policy', 'no-referrer'],
      https: ['Referrer-Policy', 'no-referrer', 'Strict-Transport-Security', 'max-age=31536000'],
      text: 'Referrer-Policy, Strict-Transport-Security',
    });
  });

  it('leave a reply as it is that has them all, and a failure to the place where it becomes a response', () => {
    const stage = securityHeaders(new SecurityFields([...NOSNIFF], []));
    const complete = textReply('', { 'x-content-type-options': 'nosniff' });
    expect(stage(() => complete)(exchange())).toBe(complete);
    const failure = new GatewayError('request.forbidden', 'no');
    const failing = stage(() => {
      throw failure;
    });
    expect(() => failing(exchange())).toThrow(failure);
  });

  it('are added to a reply of a client that is unknown', () => {
    const stage = securityHeaders(new SecurityFields([...NOSNIFF], ['Strict-Transport-Security', 'max-age=1']));
    expect(stage(() => textReply(''))(exchange({ client: undefined }))).toMatchObject({ headers: { flat: NOSNIFF } });
  });
});

describe('a gateway with security fields', () => {
  let backend: TestBackend;
  let sockets: WebSocketBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    sockets = await startWebSocketBackend();
    backend = await startBackend((req, res) => {
      if (req.url === '/own') {
        res.setHeader('referrer-policy', 'no-referrer');
        res.setHeader('content-security-policy', "default-src 'self'");
      }
      res.setHeader('cache-control', 'max-age=60');
      res.end(req.url === '/json' ? '{"a":1}' : 'from the backend');
    });
    gateway = await startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ securityHeaders: { hsts: '30d' }, trustedProxies: ['127.0.0.1'],
          apiDocs: { guard: false } });`,
      'routes/plain.get.ts': route(`{ proxy: '${backend.url}/plain' }`),
      'routes/own.get.ts': route(`{ proxy: '${backend.url}/own' }`),
      'routes/stored.get.ts': route(`{ proxy: '${backend.url}/stored', cache: {} }`),
      'routes/handled.get.ts': route(`{ handler: () => ({ a: 1 }) }`),
      'routes/parts.get.ts': `const parts = defineService('parts', { targets: ['${backend.url}'] });
        ${route("{ aggregate: { a: { from: parts('/json'), response: type() } }, reply: ({ a }) => a }")}`,
      'routes/old.get.ts': route(`{ redirect: '/plain' }`),
      'routes/files/[...path].ts': route(`{ static: { dir: 'public' } }`),
      'public/a.txt': 'a file',
      'routes/closed.get.ts': route(`{ guard: () => refuse(401, 'sign in'), handler: () => 1 }`),
      'routes/cors.get.ts': route(
        `{ cors: { origins: ['https://app.example'] }, guard: () => refuse(403, 'no'), handler: () => 1 }`,
      ),
      'routes/limited.get.ts': route(`{ rateLimit: { address: '1/1h' }, handler: () => 1 }`),
      'routes/crossing.post.ts': route(`{ csrf: {}, handler: () => 1 }`),
      'routes/chat.get.ts': route(`{ proxy: '${sockets.url}' }`),
    });
  });

  afterAll(async () => {
    for (const each of [gateway, backend, sockets]) await each?.[Symbol.asyncDispose]();
  });

  const TLS = { 'x-forwarded-proto': 'https' };

  async function call(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(gateway.url + path, { method, headers, redirect: 'manual' });
    await response.arrayBuffer();
    const security = ['x-content-type-options', 'referrer-policy', 'strict-transport-security'];
    return {
      status: response.status,
      headers: response.headers,
      fields: security.map(name => response.headers.get(name)),
    };
  }

  const PLAIN = ['nosniff', 'strict-origin-when-cross-origin', null];
  const SECURE = ['nosniff', 'strict-origin-when-cross-origin', 'max-age=2592000'];

  it.each([
    ['a proxied response', '/plain', 200],
    ['a handler', '/handled', 200],
    ['an aggregate', '/parts', 200],
    ['a redirect', '/old', 307],
    ['a file', '/files/a.txt', 200],
    ['a missing file', '/files/b.txt', 404],
    ['a guard', '/closed', 401],
    ['no route', '/nothing', 404],
    ['no method', '/crossing', 405],
  ])('has them on %s', async (_, path, expected) => {
    expect(await call(path)).toMatchObject({ status: expected, fields: PLAIN });
    expect(await call(path, TLS)).toMatchObject({ status: expected, fields: SECURE });
  });

  it('has them beside those of cors, on a limit, on a refused page, and on a page for people', async () => {
    const refused = await call('/cors', { origin: 'https://app.example' });
    expect(refused).toMatchObject({ status: 403, fields: PLAIN });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
    await call('/limited');
    expect(await call('/limited')).toMatchObject({ status: 429, fields: PLAIN });
    expect(await call('/crossing', { cookie: 'a=1' }, 'POST')).toMatchObject({ status: 403, fields: PLAIN });
    const page = await call('/nothing', { accept: 'text/html' });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.fields).toEqual(PLAIN);
  });

  it('has them on a page of the gateway itself, which has a policy of its own', async () => {
    expect(await call('/api-docs', TLS)).toMatchObject({ status: 200, fields: ['nosniff', 'no-referrer', SECURE[2]] });
  });

  it('has those of plain HTTP on a request that could not be read', async () => {
    expect(await call('/a/%', TLS)).toMatchObject({ status: 400, fields: PLAIN });
  });

  it('leaves what the backend says about its response', async () => {
    const { headers, fields } = await call('/own', TLS);
    expect(fields).toEqual(['nosniff', 'no-referrer', 'max-age=2592000']);
    expect(headers.get('content-security-policy')).toBe("default-src 'self'");
    expect((await call('/plain')).headers.has('content-security-policy')).toBe(false);
  });

  it('adds them to a stored response each time that it is sent', async () => {
    const responses = [];
    for (let i = 0; i < 3; i++) responses.push(await call('/stored', TLS));
    expect(responses.map(({ fields }) => fields)).toEqual([SECURE, SECURE, SECURE]);
    expect(responses[2]?.headers.get('cache-status')).toContain('hit');
    expect(backend.requests.filter(({ url }) => url === '/stored')).toHaveLength(1);
  });

  it('leaves the response to a WebSocket as it is', async () => {
    const isHead = (text: string) => text.includes('\r\n\r\n');
    const { status, head } = parsed(await exchangeRaw(gateway.port, handshake('/chat'), isHead));
    expect(status).toBe(101);
    expect(head).not.toMatch(/nosniff|referrer/i);
    const refused = handshake('/chat', 'Origin: https://evil.example');
    expect(parsed(await exchangeRaw(gateway.port, refused, text => text.includes('}'))).head).toMatch(/nosniff/);
  });

  it('sends each of them once', async () => {
    const text = await exchangeRaw(gateway.port, 'GET /closed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(parsed(text).head.match(/^x-content-type-options:/gim)).toHaveLength(1);
  });

  it('shows the step on each route', () => {
    for (const { steps } of gateway.gateway.routes) {
      expect(steps[0]).toMatchObject({
        name: 'fields',
        policy: 'fields nosniff, Referrer-Policy, Strict-Transport-Security',
      });
    }
  });
});

it('no step and no field stand in a gateway without them', async () => {
  await using gateway = await startGateway({ 'routes/a.get.ts': route('{ handler: () => 1 }') });
  expect(gateway.gateway.routes[0]?.steps.map(({ name }) => name)).not.toContain('fields');
  for (const path of ['/a', '/nothing']) {
    const { headers } = await fetch(gateway.url + path);
    expect(headers.has('x-content-type-options')).toBe(false);
  }
});
