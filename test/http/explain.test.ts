import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

describe('an explain request', () => {
  let backend: TestBackend;
  let made: TestGateway;

  beforeAll(async () => {
    backend = await startBackend((_req, res) => res.end('an answer'));
    made = await startGateway({
      'routes/shop.get.ts': route(`'/shop', {
        proxy: '${backend.url}',
        guard: () => { throw new Error('a guard that runs'); },
        cache: { ttl: '10m' },
      }`),
      'routes/mine.get.ts': route(
        `'/mine', { proxy: '${backend.url}', guard: () => ({ subject: 'u1' }), cache: { ttl: '10m', scope: 'user' } }`,
      ),
      'routes/hosted/_defaults.ts': `import { defineDefaults } from 'portico';
export default defineDefaults({ host: 'admin.test' });
`,
      'routes/hosted/inside.get.ts': route(`'/hosted/inside', { handler: () => 'hello' }`),
      'routes/files/[...rest].get.ts': route(`'/files/[...rest]', { static: { dir: '.' } }`),
    });
  });

  afterAll(async () => {
    await made[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const outcome = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    made.gateway.explain({ method, path, headers }).outcome;

  it('calls no backend and runs no guard', () => {
    const { url, outcome: found } = made.gateway.explain({ method: 'GET', path: '/shop?a=1' });
    expect(url).toBe(`http://localhost:${made.port}/shop?a=1`);
    expect(found).toMatchObject({
      kind: 'route',
      route: {
        file: 'routes/shop.get.ts',
        response: `proxy ${backend.url}`,
        steps: [
          { name: 'guard', policy: 'guard' },
          { name: 'compress' },
          { name: 'cache', policy: 'cache 10m', cache: { key: 'GET /shop?a=1', state: 'absent' } },
          { name: 'deadline', policy: 'timeout 10s' },
          { name: 'limit', policy: 'limit adaptive', now: '0 of 32 in flight, 0 waiting, open' },
          { name: 'balance', policy: 'balance ewma', implicit: true, now: `${backend.url} (0 in flight)` },
          { name: 'retry', implicit: true, now: 'the budget allows 100 more in ten seconds' },
        ],
        parts: [],
      },
    });
    expect(backend.requests).toHaveLength(0);
  });

  it('uses the host and the scheme of an absolute URL', () => {
    const url = 'https://Shop.test/shop?a=1';
    expect(made.gateway.explain({ method: 'GET', path: url })).toMatchObject({
      url: 'https://shop.test/shop?a=1',
      outcome: { kind: 'route', route: { file: 'routes/shop.get.ts' } },
    });
  });

  it('reports that a cache for each user has nothing without a user', () => {
    expect(outcome('GET', '/mine')).toMatchObject({
      route: {
        steps: [{}, {}, { name: 'cache', cache: { state: 'bypassed', result: { verdict: 'PASS' } } }, {}, {}, {}, {}],
      },
    });
    expect(made.gateway.explain({ method: 'GET', path: '/mine', user: 'u1' }).outcome).toMatchObject({
      route: { steps: [{}, {}, { cache: { key: 'GET /mine · user u1', state: 'absent' } }, {}, {}, {}, {}] },
    });
  });

  it.each([
    ['GET', '/nowhere', {}, 404, 'request.not_found'],
    ['PUT', '/shop', {}, 405, 'request.method_not_allowed'],
    ['TRACE', '/shop', {}, 405, 'request.method_not_allowed'],
    ['GET', '/a//b', {}, 400, 'request.malformed'],
    ['GET', '/%zz', {}, 400, 'request.malformed'],
    ['GET', '/shop', { Host: 'a b' }, 400, 'request.malformed'],
    ['GET', '/shop', { Host: 'a.test', host: 'b.test' }, 400, 'request.malformed'],
    ['GET', '/shop', { x_y: '1' }, 400, 'request.malformed'],
    ['GET', '/shop', { 'Content-Length': '3' }, 400, 'request.malformed'],
    ['GET', '/long', {}, 414, 'request.url_too_long'],
  ])('fails like its request: %s %s', (method, path, headers, status, code) => {
    const asked = path === '/long' ? `/shop?${'a'.repeat(20_000)}` : path;
    expect(outcome(method, asked, headers)).toMatchObject({ kind: 'refused', status, code });
  });

  it('is 421 for a host without routes', async () => {
    await using hosted = await startGateway({
      'routes/_defaults.ts': `import { defineDefaults } from 'portico';
export default defineDefaults({ host: 'admin.test' });
`,
      'routes/a.get.ts': route(`'/a', { handler: () => 'hello' }`),
    });
    const refused = hosted.gateway.explain({ method: 'GET', path: '/a' });
    expect(refused.outcome).toMatchObject({ kind: 'refused', status: 421, code: 'request.unknown_host' });
  });

  it('finds the route of its host', () => {
    expect(outcome('GET', '/hosted/inside', { Host: 'admin.test' })).toMatchObject({
      kind: 'route',
      route: { response: 'handler' },
    });
  });

  it('reports an OPTIONS request that the gateway handles itself', () => {
    expect(outcome('OPTIONS', '*')).toMatchObject({ kind: 'own-response', status: 204 });
    expect(outcome('OPTIONS', '/shop')).toEqual({
      kind: 'own-response',
      status: 204,
      detail: 'Allow: GET, HEAD, OPTIONS',
    });
  });

  it('shows what a rest parameter matches', () => {
    expect(outcome('GET', '/files/a/b.css')).toMatchObject({
      route: { params: { rest: ['a', 'b.css'] }, response: 'static .' },
    });
  });
});
