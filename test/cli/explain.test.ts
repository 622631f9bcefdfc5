import { describe, expect, it } from 'vitest';
import { explanationLines } from '../../src/cli/explanation-lines.ts';
import { deadAddress, startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

/** A shop that caches what its backend makes cacheable. */
async function shop() {
  const backend = await startBackend((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://backend');
    if (pathname === '/mine') res.setHeader('Cache-Control', 'private');
    res.setHeader('ETag', '"v1"');
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ of: pathname, filling: 'x'.repeat(2_000) }));
  });
  const project = await createProject({
    'services.ts': `import { defineService } from 'portico';
export const catalog = defineService('catalog', { targets: ['${backend.url}'] });
export const stock = defineService('stock', { targets: ['${backend.url}'] });
`,
    'routes/api/products/[id].get.ts': `import { catalog } from '#services';
import { defineRoute } from 'portico';
export default defineRoute('/api/products/[id]', {
  proxy: catalog('/items/[id]'),
  guard: () => undefined,
  cache: { ttl: '10m', swr: '5m', staleIfError: '1h', vary: ['accept-language'],
    tags: c => ['products', \`product:\${c.params.id}\`] },
  breaker: {},
  timeout: '800ms',
  retry: { attempts: 2 },
});
`,
    'routes/mine.get.ts': route(`'/mine', { proxy: '${backend.url}', cache: { ttl: '10m' } }`),
    'routes/page/[id].get.ts': `import { catalog, stock } from '#services';
import { defineRoute, type } from 'portico';
export default defineRoute('/page/[id]', {
  cache: {},
  aggregate: {
    fixed: { from: stock('/stock/[id]'), response: type<object>(), cache: { ttl: '10m' } },
    written: { from: c => catalog\`/items/\${c.params.id}\`, response: type<object>(), cache: { ttl: '10m' } },
    seller: { dependsOn: ['written'], from: () => catalog\`/seller\`, response: type<object>(), cache: { ttl: '10m' } },
    plain: { from: () => catalog\`/plain\`, response: type<object>() },
  },
  reply: parts => parts,
});
`,
  });
  return {
    backend,
    project,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

describe('portico explain', () => {
  it('explains a request without calling a backend', async () => {
    await using made = await shop();
    await using portico = startPortico('start', ['--dir', made.project.dir]);
    const { url, adminUrl } = await portico.ready();
    const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
    const local = url.replace('127.0.0.1', 'localhost');
    const explain = async (...args: string[]) => {
      const { code, out, err } = await runPortico(['explain', ...args], { env });
      expect([code, err]).toEqual([0, '']);
      return out
        .replaceAll(/\b\d+ s old/g, 'N s old')
        .replaceAll(/fresh for \d+ s/g, 'fresh for N s')
        .replaceAll(/in flight, \d+ ms/g, 'in flight, N ms');
    };
    const product = ['GET', '/api/products/7', '-H', 'accept-language: de'];
    const else_ = 'proxy catalog · timeout 800ms · breaker 50% · limit adaptive · retry 2';

    expect(await explain(...product)).toBe(`\
 request   GET ${local}/api/products/7
 route     routes/api/products/[id].get.ts     id = "7"
 before    guard first · compress
 cache     key GET /api/products/7 · accept-language=de     nothing stored
 result    MISS → ${else_}
 breaker   closed (0 of 0 failed)
 limit     0 of 32 in flight, 0 waiting, open
 balance   ${made.backend.url} (0 in flight)
 retry     the budget allows 100 more in ten seconds`);
    expect(made.backend.requests).toHaveLength(0);

    await fetch(`${local}/api/products/7`, { headers: { 'accept-language': 'de' } }).then(response => response.text());
    const stored = `\
 request   GET ${local}/api/products/7
 route     routes/api/products/[id].get.ts     id = "7"
 before    guard first · compress
 cache     key GET /api/products/7 · accept-language=de     stored, N s old, 2.0 kB, tags products, product:7
 result    HIT (fresh for N s); otherwise → ${else_}
 breaker   closed (0 of 1 failed)
 limit     0 of 32 in flight, 0 waiting, open
 balance   ${made.backend.url} (0 in flight, N ms)
 retry     the budget allows 100 more in ten seconds`;
    expect(await explain(...product)).toBe(stored);
    expect(await explain('get', `${local}/api/products/7`, '--header', 'Accept-Language: DE')).toBe(
      stored.replace('=de', '=DE'),
    );
    expect(await explain(...product, '-H', 'host: other.test')).toContain('nothing stored');

    await runPortico(['purge', '--tag', 'products', '--soft'], { env });
    const stale = await explain(...product);
    expect(stale).toMatch(
      /stored, N s old, stale by a purge, served during revalidation for 8\d\d s more, served instead/,
    );
    expect(stale).toContain(`result    STALE (revalidated in the background) → ${else_}`);

    await fetch(`${local}/mine`).then(response => response.text());
    const mine = await explain('GET', '/mine');
    expect(mine).toContain('key GET /mine     not shared: private\n');
    expect(mine).toContain('result    PASS (responses here are not shared: private) → proxy http://');
    expect(made.backend.requests).toHaveLength(2);
  });

  it('shows the parts of an aggregate', async () => {
    await using made = await shop();
    await using portico = startPortico('start', ['--dir', made.project.dir]);
    const { url, adminUrl } = await portico.ready();
    const local = url.replace('127.0.0.1', 'localhost');
    const args = ['explain', 'GET', '/page/7', '--admin-port', new URL(adminUrl).port];
    await fetch(`${local}/page/7`).then(response => response.text());
    const { out } = await runPortico(args);
    const lines = out.split('\n').filter(line => !/^ {11}(?:limit|balance|retry) /.test(line));
    expect(lines.join('\n').replaceAll(/\b\d+ s\b/g, 'N s')).toBe(`\
 request   GET ${local}/page/7
 route     routes/page/[id].get.ts     id = "7"
 before    compress
 cache     key GET /page/7     stored, N s old, 8.2 kB
 result    HIT (fresh for N s); otherwise → fixed · written · seller · plain · timeout 10s
 part      fixed     key GET stock /stock/7     stored, N s old, 2.0 kB
           HIT (fresh for N s); otherwise → its backend · timeout 10s · limit adaptive
 part      written     key GET catalog /items/7     stored, N s old, 2.0 kB
           HIT (fresh for N s); otherwise → its backend · timeout 10s · limit adaptive
 part      seller     depends on what written returns
 part      plain     → its backend · timeout 10s · limit adaptive`);
    expect(out).toMatch(/ {11}balance {5}http:\/\/127\.0\.0\.1:\d+ \(0 in flight, \d+ ms\)/);
  });

  it('shows a response of the gateway itself', async () => {
    await using made = await shop();
    await using portico = startPortico('start', ['--dir', made.project.dir]);
    const { url, adminUrl } = await portico.ready();
    const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
    const would = async (...args: string[]) => {
      const { code, out } = await runPortico(['explain', ...args], { env });
      expect(code).toBe(0);
      return out.split('\n').at(-1);
    };
    expect(await would('GET', '/nowhere')).toBe(
      ' result    404 request.not_found from the gateway (There is nothing at this address)',
    );
    expect(await would('POST', '/mine')).toBe(
      ' result    405 request.method_not_allowed from the gateway (Allowed here: GET, HEAD, OPTIONS)',
    );
    expect(await would('OPTIONS', '/mine')).toBe(' result    204 from the gateway (Allow: GET, HEAD, OPTIONS)');
    expect(await would('GET', '/mine/../admin')).toContain(
      '400 request.malformed from the gateway (The path has a dot segment)',
    );
    expect(await would('GET', 'mine')).toContain('400 request.malformed from the gateway');
    expect(await would('GET', '/mine', '-H', 'content-length: 3')).toContain('400 request.malformed from the gateway');
    expect(made.backend.requests).toHaveLength(0);
    const { out } = await runPortico(['explain', 'GET', '/nowhere', '--json'], { env });
    expect(JSON.parse(out)).toEqual({
      workers: [
        {
          pid: portico.child.pid,
          explanation: {
            method: 'GET',
            url: `${url.replace('127.0.0.1', 'localhost')}/nowhere`,
            outcome: {
              kind: 'refused',
              status: 404,
              code: 'request.not_found',
              detail: 'There is nothing at this address',
            },
          },
        },
      ],
    });
  });

  it('merges the results of all workers where they agree, and lists them otherwise', async () => {
    await using made = await shop();
    await using portico = startPortico('start', ['--workers', '2', '--dir', made.project.dir]);
    const { url, adminUrl } = await portico.ready();
    const local = url.replace('127.0.0.1', 'localhost');
    const explain = async () =>
      (
        await runPortico([
          'explain',
          'GET',
          '/api/products/7',
          '-H',
          'accept-language: de',
          '--admin-port',
          new URL(adminUrl).port,
        ])
      ).out;
    expect(await explain()).toContain('nothing stored\n result    MISS → proxy catalog');
    expect(await explain()).toContain('\n workers   2, all with this result');
    // Each connection goes to the next worker.
    const read = () =>
      fetch(`${local}/api/products/7`, { headers: { connection: 'close', 'accept-language': 'de' } }).then(response =>
        response.text(),
      );
    await read();
    const differing = (await explain()).split('\n').slice(3);
    const stored =
      /^ {1,11}(?:workers {3})?\d+ {4}stored, \d+ s old, 2\.0 kB, tags products, product:7 {2}HIT \(fresh for \d+ s\)$/;
    const missing = /^ {1,11}(?:workers {3})?\d+ {4}nothing stored +MISS$/;
    expect(differing.filter(line => stored.test(line))).toHaveLength(1);
    expect(differing.filter(line => missing.test(line))).toHaveLength(1);
    expect(differing.at(-1)).toMatch(/^ otherwise → proxy catalog/);
    for (let i = 0; i < 4; i++) await read();
    const agreed = await explain();
    expect(agreed).toMatch(/ result {4}HIT /);
    expect(agreed).toMatch(
      /\n workers {3}2, all with this result; circuits, limits and targets as worker \d+ has them$/,
    );
  });

  it('exits with 1 without a gateway and with 2 without a request', async () => {
    const { port } = new URL(await deadAddress());
    const none = await runPortico(['explain', 'GET', '/', '--admin-port', port]);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('no gateway responds at the admin port')]);
    await using other = await startBackend((_req, res) => res.writeHead(404).end('what?'));
    const wrong = await runPortico(['explain', 'GET', '/', '--admin-port', new URL(other.url).port]);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('nothing was explained')]);
    const nothing = await runPortico(['explain', 'GET']);
    expect([nothing.code, nothing.err]).toEqual([
      2,
      'portico: portico explain takes a method and a path, like: portico explain GET /api/products/7\n',
    ]);
  });
});

it('a text of an explanation has what the steps of a route and of its parts decide, without control characters', () => {
  const token = { name: 'token', policy: 'token of the user', decision: 'none: there is no user' };
  const route = {
    file: 'routes/a.get.ts',
    path: '/a',
    params: {},
    response: 'aggregate',
    steps: [
      { name: 'auth', policy: 'auth required', decision: 'passes as u\u001b7 with a session' },
      { name: 'guard', policy: 'guard' },
    ],
    parts: [{ name: 'stock', steps: [token] }],
  };
  const explanation = { method: 'GET', url: 'http://a.test/a', outcome: { kind: 'route', route } as const };
  expect(explanationLines([{ pid: 1, explanation }], { paint: (_style, text) => text }).slice(2)).toEqual([
    ' auth      passes as u\\u{1b}7 with a session',
    ' result    → aggregate · auth required · guard first',
    ' part      stock     → its backend · token of the user',
    '           token     none: there is no user',
  ]);
});

describe('portico explain --offline', () => {
  it('explains by the files, without a gateway, a backend or a store', async () => {
    await using made = await shop();
    const request = ['explain', 'GET', '/api/products/7', '-H', 'accept-language: de'];
    const { code, out } = await runPortico([...request, '--offline', '--dir', made.project.dir]);
    expect(code).toBe(0);
    expect(out).toContain('routes/api/products/[id].get.ts     id = "7"');
    expect(out).toContain('key GET /api/products/7 · accept-language=de');
    expect(out).toContain('MISS');
    expect(made.backend.requests).toEqual([]);
  });

  it('reports the mistakes of the files, and --dir without it', async () => {
    await using made = await shop();
    await made.project.write('routes/mine.get.ts', route(`'/mine', { prxy: 'http://127.0.0.1:9' }`));
    const broken = await runPortico(['explain', 'GET', '/mine', '--offline', '--dir', made.project.dir]);
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('routes/mine.get.ts:2')]);
    const flagged = await runPortico(['explain', 'GET', '/mine', '--dir', made.project.dir]);
    expect([flagged.code, flagged.err]).toEqual([2, expect.stringContaining('--dir is for --offline')]);
  });
});
