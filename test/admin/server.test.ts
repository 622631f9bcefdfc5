import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ManagedGateway } from '../../src/admin/managed-gateway.ts';
import { startAdmin } from '../../src/admin/server.ts';
import { API_DOCS_FILES } from '../../src/config/api-docs.ts';
import type { SessionListing } from '../../src/core/session-listing.ts';
import { FakeStatus } from '../support/managed-gateway.ts';
import { exchangeRaw } from '../support/raw.ts';

async function admin(status: ManagedGateway): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = await startAdmin(status, { host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.close() };
}

describe('the admin port', () => {
  it('responds at /livez while the process runs', async () => {
    await using door = await admin(new FakeStatus());
    const response = await fetch(`${door.url}/livez`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('ok\n');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('is ready while the gateway serves, and 503 before and after', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const response = await fetch(`${door.url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', generation: 3, workers: 2, routes: 1 });
    for (const phase of ['starting', 'draining'] as const) {
      status.phase = phase;
      const refused = await fetch(`${door.url}/readyz`);
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ status: phase });
    }
  });

  it('is ready with an open circuit, and lists it with verbose', async () => {
    await using door = await admin(new FakeStatus());
    const response = await fetch(`${door.url}/readyz?verbose`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      node: process.versions.node,
      pids: [11, 12],
      breakers: [{ route: '/a/{id}', part: 'stock', state: 'open', workers: 1 }],
    });
  });

  it('exposes metrics in the Prometheus format', async () => {
    await using door = await admin(new FakeStatus());
    const response = await fetch(`${door.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    const text = await response.text();
    expect(text).toContain('# TYPE http_server_request_duration_seconds histogram');
    const labels = 'http_request_method="GET",http_route="/a/{id}",url_scheme="http",http_response_status_code="200"';
    expect(text).toContain(`http_server_request_duration_seconds_count{${labels}} 1`);
    expect(text).toContain('portico_service_in_flight{service="catalog",kind="call"} 2');
    expect(text).toContain('portico_breaker_opened_total{route="/a/{id}",part="stock"} 1');
    expect(text).toContain('portico_breaker_refused_total{route="/a/{id}",part="stock"} 2');
    expect(text).toContain('portico_breaker_refused_total{route="/b",part=""} 0');
    expect(text).toContain('portico_service_limit{service="catalog"} 37');
    expect(text).toContain('portico_service_limit_mode{service="catalog",mode="open"} 0');
    expect(text).toContain('portico_service_limit_mode{service="catalog",mode="held"} 1');
    expect(text).toContain('portico_service_usual_seconds{service="catalog",mean="geometric"} 0.02');
    expect(text).toContain('portico_service_usual_rate{service="catalog"} 1500');
    expect(text).toContain('portico_service_shed_total{service="catalog",priority="default",reason="limit"} 0');
    expect(text).toContain('portico_service_shed_total{service="catalog",priority="default",reason="deadline"} 5');
    expect(await (await fetch(`${door.url}/metrics`)).text()).toContain(
      'portico_service_shed_total{service="catalog",priority="default",reason="deadline"} 5',
    );
  });

  it('lists the routes at the root', async () => {
    await using door = await admin(new FakeStatus());
    expect(await (await fetch(door.url)).json()).toMatchObject({
      status: 'ready',
      see: [
        '/livez',
        '/readyz',
        '/metrics',
        '/stats',
        '/services',
        '/cache',
        '/breakers',
        '/sessions',
        '/requests',
        '/history',
        '/api-docs',
        '/openapi.json',
        '/admin/openapi.json',
      ],
      routes: [{ method: 'GET', path: '/a/{id}', file: 'routes/a/[id].get.ts' }],
    });
  });

  it('has the page of the API, its files and the document', async () => {
    await using door = await admin(new FakeStatus());
    const page = await fetch(`${door.url}/api-docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('src="./api-docs/page.js"');
    for (const name of API_DOCS_FILES) expect((await fetch(`${door.url}/api-docs/${name}`)).status).toBe(200);
    for (const path of ['/openapi.json', '/api-docs/openapi.json']) {
      const document = await fetch(door.url + path);
      expect([document.status, await document.json()]).toEqual([200, { openapi: '3.1.2', paths: {} }]);
    }
    const lit = await (await fetch(`${door.url}/api-docs/lit-html.js`)).text();
    expect(lit).toContain('export{');
    expect((await fetch(`${door.url}/api-docs/index.html`)).status).toBe(404);
    expect((await fetch(`${door.url}/api-docs`, { method: 'POST' })).status).toBe(405);
  });

  it('has no document before the gateway has started, or if no worker responds in time', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    status.pids = [];
    expect(await (await fetch(`${door.url}/openapi.json`)).json()).toMatchObject({ status: 503, code: 'gateway.busy' });
    status.phase = 'starting';
    expect(await (await fetch(`${door.url}/openapi.json`)).json()).toMatchObject({ code: 'gateway.starting' });
  });

  it('responds to HEAD without a body, to other methods with 405, to other paths with 404', async () => {
    await using door = await admin(new FakeStatus());
    const head = await fetch(`${door.url}/livez`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '3', '']);
    const posted = await fetch(`${door.url}/readyz`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(posted.headers.get('content-type')).toBe('application/problem+json');
    const nowhere = await fetch(`${door.url}/nowhere`);
    expect(nowhere.status).toBe(404);
    expect(await nowhere.json()).toMatchObject({ status: 404, code: 'request.not_found' });
  });

  it('is not reachable from other hosts', async () => {
    const server = await startAdmin(new FakeStatus(), { host: '127.0.0.1', port: 0 });
    await using _door = { [Symbol.asyncDispose]: () => server.close() };
    await expect(fetch(`http://[::1]:${server.port}/livez`)).rejects.toThrow();
  });
});

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the page of the admin port', () => {
  it('is at the root for a browser, and the index for programs', async () => {
    await using port = await admin(new FakeStatus());
    const page = await fetch(port.url, { headers: { Accept: BROWSER } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('vary')).toBe('Accept');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
    for (const accept of ['*/*', 'application/json', 'application/json, text/html', 'text/html;q=0.1, */*']) {
      const index = await fetch(port.url, { headers: { Accept: accept } });
      expect([accept, index.headers.get('content-type')]).toEqual([accept, 'application/json']);
    }
  });

  it('has every file that it loads, and no other', async () => {
    await using port = await admin(new FakeStatus());
    const html = await (await fetch(port.url, { headers: { Accept: BROWSER } })).text();
    const loaded = new Set<string>();
    const load = async (name: string): Promise<void> => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const file = await fetch(`${port.url}/ui/${name}`);
      expect([name, file.status]).toEqual([name, 200]);
      const text = await file.text();
      const imported = [...text.matchAll(/^(?:import|export)[^;']*from '\.\/([^']+)';$/gm)].map(
        ([, file = '']) => file,
      );
      await Promise.all(imported.map(load));
    };
    await Promise.all([...html.matchAll(/"\.\/ui\/([^"]+)"/g)].map(([, name = '']) => load(name)));
    const shared = ['base.css', 'lit-html.js', 'uplot.css', 'uplot.js'];
    const own = await readdir(new URL('../../pages/admin/', import.meta.url));
    expect([...loaded].sort()).toEqual([...own.filter(name => name !== 'index.html'), ...shared].sort());
    for (const path of ['/ui', '/ui/', '/ui/index.html', '/ui/..%2fbase.css', '/ui/toString'])
      expect([path, (await fetch(port.url + path)).status]).toEqual([path, 404]);
    expect((await fetch(`${port.url}/ui/page.js`, { method: 'POST' })).status).toBe(405);
  });
});

describe('what the page reads', () => {
  it('is 503 before the start, and if no worker responds in time', async () => {
    const status = new FakeStatus();
    status.pids = [];
    await using port = await admin(status);
    for (const path of ['/services', '/cache']) {
      status.phase = 'ready';
      expect(await (await fetch(port.url + path)).json()).toMatchObject({ status: 503, code: 'gateway.busy' });
      status.phase = 'starting';
      expect(await (await fetch(port.url + path)).json()).toMatchObject({ status: 503, code: 'gateway.starting' });
    }
    expect(await (await fetch(`${port.url}/stats`)).json()).toMatchObject({ status: 'starting' });
  });

  it('names each process', async () => {
    await using port = await admin(new FakeStatus());
    expect(await (await fetch(`${port.url}/services`)).json()).toMatchObject({
      workers: [
        { pid: 11, services: [{ service: 'catalog', targets: [{ state: 'ejected' }] }] },
        { pid: 12, services: [{}] },
      ],
    });
    expect(await (await fetch(`${port.url}/cache`)).json()).toMatchObject({
      workers: [{ pid: 11, stored: { bytes: 2_048, tags: [{ tag: 'catalog' }] } }, { pid: 12 }],
    });
  });

  it('has the counters of the routes with requests', async () => {
    await using port = await admin(new FakeStatus());
    const stats = Object(await (await fetch(`${port.url}/stats`)).json());
    expect(stats).toMatchObject({ status: 'ready', generation: 3, workers: 2, canReload: true, routeCount: 1 });
    expect(stats.routes).toMatchObject([{ route: '/a/{id}', requests: 1, errors: 0 }]);
    // 7 ms are in the bucket up to 10 ms.
    expect(stats.endsMs.slice(0, 3)).toEqual([1, 5, 10]);
    expect(stats.routes[0].buckets).toEqual([0, 0, 1]);
    expect(stats.eventLoop).toHaveLength(stats.loopEndsMs.length + 1);
  });
});

interface Told {
  readonly status: number | undefined;
  readonly allow: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** fetch does not allow setting Host and Origin. */
function post(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
  path = '/purge',
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const sent = { 'Content-Type': 'application/json', ...headers };
    const req = request(`${url}${path}`, { method, headers: sent }, async res => {
      let text = '';
      for await (const chunk of res) text += chunk;
      resolve({ status: res.statusCode, allow: res.headers.allow, body: JSON.parse(text) });
    });
    req.on('error', reject);
    req.end(body);
  });
}

describe('a purge request', () => {
  it('is executed, and the response says what was purged', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const order = { tags: ['cart:1'], urls: ['https://shop.test/a?b=1', '/a'], prefixes: ['/api/'], soft: true };
    const done = await post(door.url, JSON.stringify(order), { 'Content-Type': 'Application/JSON; charset=utf-8' });
    expect(done).toMatchObject({ status: 200, body: { kind: 'soft', entries: 7, workers: 2 } });
    expect(done.body.purged).toEqual({ tags: order.tags, urls: order.urls, prefixes: order.prefixes });
    expect(await post(door.url, '{"all":true}')).toMatchObject({ body: { purged: { all: true }, kind: 'hard' } });
    expect(status.purged).toEqual([order, { all: true }]);
  });

  it.each([
    ['', ''],
    ['{', ''],
    ['[]', ''],
    ['null', ''],
    ['{}', ''],
    ['{"tags":[],"all":false,"soft":true}', ''],
    ['{"tag":["a"]}', '/tag'],
    ['{"tags":"a"}', '/tags'],
    ['{"tags":["a",""]}', '/tags/1'],
    ['{"tags":[1]}', '/tags/0'],
    ['{"urls":["shop.test/a"]}', '/urls/0'],
    ['{"urls":["ftp://shop.test/a"]}', '/urls/0'],
    ['{"urls":["http://"]}', '/urls/0'],
    ['{"prefixes":[""]}', '/prefixes/0'],
    ['{"all":"yes"}', '/all'],
    ['{"all":true,"soft":1}', '/soft'],
    ['{"all":true,"__proto__":1}', '/__proto__'],
  ])('is rejected with the invalid field: %s', async (body, pointer) => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const refused = await post(door.url, body);
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ pointer }] } });
    expect(status.purged).toEqual([]);
  });

  it('is rejected from a page of another origin', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const { host } = new URL(door.url);
    const all = '{"all":true}';
    const codes = [
      await post(door.url, all, { 'Content-Type': 'text/plain' }),
      await post(door.url, all, { 'Content-Type': 'application/json-patch+json' }),
      await post(door.url, all, { Origin: 'https://evil.test' }),
      await post(door.url, all, { Origin: 'null' }),
      await post(door.url, all, { Host: 'rebound.evil.test', Origin: 'http://rebound.evil.test' }),
      await post(door.url, all, { Host: 'localhost.evil.test' }),
    ].map(({ status: code }) => code);
    expect(codes).toEqual([415, 415, 403, 403, 421, 421]);
    expect(status.purged).toEqual([]);
    expect(await post(door.url, all, { Origin: `http://${host}` })).toMatchObject({ status: 200 });
    expect(await post(door.url, all, { Host: 'localhost:1234' })).toMatchObject({ status: 200 });
  });

  it('is a POST of at most 64 KB to a gateway that has started', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    expect(await post(door.url, '', {}, 'PUT')).toMatchObject({ status: 405, allow: 'POST' });
    expect((await fetch(`${door.url}/purge`)).status).toBe(405);
    const long = (bytes: number) => `{"all":true}${' '.repeat(bytes - 12)}`;
    expect(await post(door.url, long(64 * 1024))).toMatchObject({ status: 200 });
    expect(await post(door.url, long(64 * 1024 + 1))).toMatchObject({ status: 413 });
    expect(await post(door.url, Buffer.alloc(5_000_000, ' '))).toMatchObject({ status: 413 });
    status.phase = 'starting';
    expect(await post(door.url, '{"all":true}')).toMatchObject({ status: 503 });
    expect(status.purged).toHaveLength(1);
  });
});

describe('an explain request', () => {
  const ask = (url: string, body: string, headers: Readonly<Record<string, string>> = {}, method = 'POST') =>
    post(url, body, headers, method, '/explain');

  it('is handled by every worker', async () => {
    await using door = await admin(new FakeStatus());
    const request = { method: 'GET', path: '/a?b=1', headers: { 'accept-language': 'de', cookie: ['a=1', 'b=2'] } };
    const headers = await ask(door.url, JSON.stringify(request));
    expect(headers).toMatchObject({
      status: 200,
      body: {
        workers: [
          { pid: 11, explanation: { method: 'GET', url: '/a?b=1' } },
          { pid: 12, explanation: {} },
        ],
      },
    });
  });

  it('is 503 if no worker responds in time', async () => {
    const status = new FakeStatus();
    status.pids = [];
    await using door = await admin(status);
    expect(await ask(door.url, '{"method":"GET","path":"/"}')).toMatchObject({
      status: 503,
      body: { code: 'gateway.busy' },
    });
  });

  it.each([
    ['', ''],
    ['[]', ''],
    ['{"path":"/"}', '/method'],
    ['{"method":"G T","path":"/"}', '/method'],
    ['{"method":"GET"}', '/path'],
    ['{"method":"GET","path":""}', '/path'],
    ['{"method":"GET","path":"/","headers":[]}', '/headers'],
    ['{"method":"GET","path":"/","headers":{"a b":"1"}}', '/headers/a b'],
    ['{"method":"GET","path":"/","headers":{"a":1}}', '/headers/a'],
    ['{"method":"GET","path":"/","headers":{"a":["1","2\\n3"]}}', '/headers/a'],
    ['{"method":"GET","path":"/","user":7}', '/user'],
    ['{"method":"GET","path":"/","user":"u7","claims":[]}', '/claims'],
    ['{"method":"GET","path":"/","claims":{}}', '/claims'],
    ['{"method":"GET","path":"/","body":""}', '/body'],
  ])('is rejected with the invalid field: %s', async (body, pointer) => {
    await using door = await admin(new FakeStatus());
    const refused = await ask(door.url, body);
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ pointer }] } });
  });

  it('is protected like a purge request', async () => {
    await using door = await admin(new FakeStatus());
    const request = '{"method":"GET","path":"/"}';
    expect(await ask(door.url, request, {}, 'PUT')).toMatchObject({ status: 405, allow: 'POST' });
    expect(await ask(door.url, request, { 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await ask(door.url, request, { Origin: 'https://evil.test' })).toMatchObject({ status: 403 });
    expect(await ask(door.url, request, { Host: 'evil.test' })).toMatchObject({ status: 421 });
  });
});

describe('a reload request', () => {
  const reload = (url: string, body = '{}', headers: Readonly<Record<string, string>> = {}, method = 'POST') =>
    post(url, body, headers, method, '/reload');

  it('responds with the new generation, or why the old one goes on', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    expect(await reload(door.url)).toMatchObject({ status: 200, body: { generation: 4, routes: 1, workers: 2 } });
    const failure = { kind: 'plain', message: 'no' } as const;
    status.reloading = { kind: 'refused', generation: 3, failure };
    expect(await reload(door.url)).toMatchObject({ status: 409, body: { generation: 3, failure } });
    status.reloading = { kind: 'unable', why: 'One process' };
    expect(await reload(door.url)).toMatchObject({ status: 409, body: { title: 'One process' } });
  });

  it.each(['', '[]', 'null', '{"hard":true}'])('is rejected with anything but an empty object: %s', async body => {
    await using door = await admin(new FakeStatus());
    expect(await reload(door.url, body)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });

  it('is protected like a purge request', async () => {
    await using door = await admin(new FakeStatus());
    expect(await reload(door.url, '{}', {}, 'PUT')).toMatchObject({ status: 405, allow: 'POST' });
    expect(await reload(door.url, '{}', { 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await reload(door.url, '{}', { Origin: 'https://evil.test' })).toMatchObject({ status: 403 });
    expect(await reload(door.url, '{}', { Host: 'evil.test' })).toMatchObject({ status: 421 });
  });
});

describe('the circuits at the admin port', () => {
  it('are listed for every process', async () => {
    await using door = await admin(new FakeStatus());
    const response = await fetch(`${door.url}/breakers`);
    expect(response.status).toBe(200);
    const circuit = { site: 'GET /a/{id}', state: 'closed', held: false, failed: 1, total: 3, services: ['catalog'] };
    expect(await response.json()).toMatchObject({
      workers: [
        { pid: 11, breakers: [circuit, {}, {}] },
        { pid: 12, breakers: [circuit, {}, {}] },
      ],
    });
  });

  it('are not listed while no process reports them', async () => {
    const status = new FakeStatus();
    status.pids = [];
    await using door = await admin(status);
    expect((await fetch(`${door.url}/breakers`)).status).toBe(503);
    expect(await post(door.url, '{"open":"payments"}', {}, 'POST', '/breakers')).toMatchObject({
      status: 503,
      body: { code: 'gateway.busy' },
    });
    expect(status.ordered).toEqual([]);
  });

  it('are forced open and closed by command', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const order = (text: string) => post(door.url, text, {}, 'POST', '/breakers');
    expect(await order('{"open":"payments"}')).toMatchObject({ status: 200, body: { open: 'payments', workers: 2 } });
    expect(await order('{"close":"GET /a/{id}#stock"}')).toMatchObject({ status: 200 });
    expect(status.ordered).toEqual([{ open: 'payments' }, { close: 'GET /a/{id}#stock' }]);
  });

  it('are suggested by similarity for an unknown name', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    expect(await post(door.url, '{"open":"/a/{id}#stok"}', {}, 'POST', '/breakers')).toMatchObject({
      status: 404,
      body: { title: 'There is no circuit "/a/{id}#stok"; known: GET /a/{id}#stock, GET /a/{id}, payments' },
    });
    expect(status.ordered).toEqual([]);
  });

  it.each([
    ['', ''],
    ['null', ''],
    ['[]', ''],
    ['{}', ''],
    ['{"hold":"payments"}', ''],
    ['{"open":"payments","close":"payments"}', ''],
    ['{"open":""}', '/open'],
    ['{"close":7}', '/close'],
  ])('reject an invalid command: %s', async (body, pointer) => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const refused = await post(door.url, body, {}, 'POST', '/breakers');
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ pointer }] } });
    expect(status.ordered).toEqual([]);
  });

  it('reject a command from another origin or with another method', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const order = (headers: Record<string, string>, method = 'POST') =>
      post(door.url, '{"open":"payments"}', headers, method, '/breakers');
    expect((await order({ Host: 'evil.example' })).status).toBe(421);
    expect((await order({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await order({ 'Content-Type': 'text/plain' })).status).toBe(415);
    expect(await order({}, 'PUT')).toMatchObject({ status: 405, allow: 'GET, HEAD, POST' });
    expect(status.ordered).toEqual([]);
  });
});

describe('the sessions at the admin port', () => {
  it('are listed, all or those of a user', async () => {
    await using door = await admin(new FakeStatus());
    const subjectIn = async (search: string) => {
      const response = await fetch(`${door.url}/sessions${search}`);
      const { sessions } = (await response.json()) as SessionListing;
      return [response.status, sessions[0]?.subject];
    };
    expect(await subjectIn('')).toEqual([200, 'anybody']);
    expect(await subjectIn('?user=u%2F7')).toEqual([200, 'u/7']);
    expect((await fetch(`${door.url}/sessions?user=`)).status).toBe(400);
  });

  it('are ended by command, and an unknown id is 404', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const end = (text: string) => post(door.url, text, {}, 'POST', '/sessions');
    expect(await end('{"user":"u7"}')).toMatchObject({ status: 200, body: { user: 'u7', store: 'disk', ended: 2 } });
    expect(await end('{"all":true}')).toMatchObject({ status: 200, body: { all: true, ended: 2 } });
    const id = 'i'.repeat(22);
    expect(await end(JSON.stringify({ id }))).toMatchObject({
      status: 404,
      body: { title: `There is no session ${id}` },
    });
    expect(status.ended).toEqual([{ user: 'u7' }, { all: true }, { id }]);
  });

  it('are 503 while no process responds', async () => {
    const status = new FakeStatus();
    status.pids = [];
    await using door = await admin(status);
    expect((await fetch(`${door.url}/sessions`)).status).toBe(503);
    expect((await post(door.url, '{"all":true}', {}, 'POST', '/sessions')).status).toBe(503);
  });

  it.each([
    ['', ''],
    ['null', ''],
    ['{}', ''],
    ['{"subject":"u7"}', ''],
    ['{"user":"u7","all":true}', ''],
    ['{"id":"short"}', '/id'],
    ['{"user":""}', '/user'],
    ['{"user":7}', '/user'],
    ['{"all":false}', '/all'],
  ])('reject an invalid command: %s', async (body, pointer) => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const refused = await post(door.url, body, {}, 'POST', '/sessions');
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ pointer }] } });
    expect(status.ended).toEqual([]);
  });

  it('are protected like other commands', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const end = (headers: Record<string, string>, method = 'POST') =>
      post(door.url, '{"all":true}', headers, method, '/sessions');
    expect((await end({ Host: 'evil.example' })).status).toBe(421);
    expect((await end({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await end({ 'Content-Type': 'text/plain' })).status).toBe(415);
    expect(await end({}, 'PUT')).toMatchObject({ status: 405, allow: 'GET, HEAD, POST' });
    expect(status.ended).toEqual([]);
  });
});

/** A GET with its own Host, which fetch does not allow. */
function readAs(port: number, host: string | undefined, path: string): Promise<string> {
  const lines = host === undefined ? [`GET ${path} HTTP/1.0`] : [`GET ${path} HTTP/1.1`, `Host: ${host}`];
  return exchangeRaw(port, [...lines, 'Connection: close', '', ''].join('\r\n'));
}

describe('a read at the admin port', () => {
  const opened = async (host: string) => {
    const server = await startAdmin(new FakeStatus(), { host, port: 0 });
    return { port: server.port, [Symbol.asyncDispose]: () => server.close() };
  };

  it('is local: a page that rebinds its own name to this host reads nothing', async () => {
    await using admin = await opened('127.0.0.1');
    for (const path of ['/', '/metrics', '/readyz', '/breakers', '/sessions', '/livez']) {
      expect(await readAs(admin.port, 'evil.example', path)).toMatch(/^HTTP\/1\.1 421 /);
      for (const host of ['localhost', `127.0.0.1:${admin.port}`, '[::1]:9090', undefined])
        expect(await readAs(admin.port, host, path)).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});
