import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { RepeatedLines } from '../../src/telemetry/repeated-lines.ts';
import { serverTiming } from '../../src/telemetry/server-timing.ts';
import { startBackend } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';
import { runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';
import { openRecord } from '../support/request-record.ts';
import { testResources } from '../support/resources.ts';

const { gateway, own } = testResources();

describe('the log', () => {
  it('contains the stack of a team’s exception with the request id, and the response does not', async () => {
    const project = own(
      await createProject({
        'routes/throws.get.ts': route(`{ handler: () => { throw new Error('the secret detail'); } }`),
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'warn' }));
    const printed = portico.process.printed('the secret detail');
    const response = await fetch(`${portico.url}/throws`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('secret');
    const line = (await printed).split('\n').find(each => each.includes('secret'));
    const logged = JSON.parse(line ?? '{}');
    expect(logged).toMatchObject({
      route: '/throws',
      status: 500,
      code: 'gateway.error',
      requestId: JSON.parse(text).requestId,
    });
    expect(JSON.stringify(logged)).toContain('throws.get.ts');
    expect((await fetch(`${portico.url}/throws`)).status).toBe(500);
  });
});

describe('a repeated log line', () => {
  it('is written once a second with the number of suppressed ones', () => {
    const clock = new FakeClock();
    const repeats = new RepeatedLines(clock);
    const passed = Array.from({ length: 100 }, () => repeats.pass('limit.shed /a'));
    expect(passed.filter(each => each !== undefined)).toEqual([0]);
    expect(repeats.pass('limit.shed /b')).toBe(0);
    clock.advance(1_000);
    expect(repeats.pass('limit.shed /a')).toBe(99);
  });

  it('reports that calls to a backend are rejected', async () => {
    const slow = own(await startBackend(() => {}));
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';
          export const slow = defineService('slow', { targets: ['${slow.url}'], concurrency: 1 });\n`,
        'routes/slow.get.ts': `import { slow } from '#services';\n${route(`{ proxy: slow, timeout: '2s' }`)}`,
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'warn' }));
    const printed = portico.process.printed('limit.shed');
    const responses = await Promise.all(Array.from({ length: 12 }, () => fetch(`${portico.url}/slow`)));
    expect(responses.filter(({ status }) => status === 503)).toHaveLength(11);
    const lines = (await printed).split('\n').filter(line => line.includes('limit.shed'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
      level: 40,
      route: '/slow',
      outcome: 'gateway_error',
      suppressed: 0,
    });
  });
});

describe('the metrics', () => {
  it('count requests by route, never by path, and cache results', async () => {
    const { url, gateway: made } = await gateway({
      'routes/items/[id].get.ts': route(`'/items/[id]', { cache: { ttl: '1m' }, handler: c => c.params.id }`),
    });
    await request(url).get('/items/1').expect(200);
    await request(url).get('/items/1').expect(200);
    await request(url).get('/items/2').expect(200);
    await request(url).get('/nothing').expect(404);
    const snapshot = await made.metrics();
    const values = (name: string) => snapshot.find(metric => metric.name === name)?.values ?? [];
    const counted = values('http_server_request_duration_seconds').filter(value => isCount(value));
    expect(counted.map(({ labels, value }) => [labels.http_route, labels.http_response_status_code, value])).toEqual([
      ['/items/{id}', '200', 3],
      ['none', '404', 1],
    ]);
    expect(values('portico_cache_stored_entries')[0]?.value).toBe(2);
    expect(values('portico_cache_stored_bytes')[0]?.value).toBeGreaterThan(100);
    const cached = values('portico_cache_requests_total').map(({ labels, value }) => [labels.result, value]);
    expect(Object.fromEntries(cached)).toMatchObject({ hit: 1, miss: 2 });
  });
});

it('has no cache results of a call site without a cache', async () => {
  const { url, gateway: made } = await gateway({
    'routes/a.get.ts': route(`'/a', { proxy: 'http://127.0.0.1:9', breaker: {} }`),
  });
  await request(url).get('/a').expect(502);
  const snapshot = await made.metrics();
  expect(snapshot.find(({ name }) => name === 'portico_cache_requests_total')?.values).toEqual([]);
});

describe('Server-Timing', () => {
  it('lists notes, parts and durations with quoted texts', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    record.circuit('half-open');
    const part = record.part('stock');
    clock.advance(300);
    part.failed('upstream.timeout');
    part.end();
    clock.advance(15);
    record.retried('a "quoted" \\ ü');
    record.attempt('stock', 'GET').end();
    expect(serverTiming(record).split(', ')).toEqual([
      'breaker;desc="half-open"',
      'sent;desc="1"',
      'retry;desc="a \\"quoted\\" \\\\ ?"',
      'part.stock;dur=300;desc="upstream.timeout"',
      'total;dur=315',
    ]);
  });
});

function isCount(value: object): boolean {
  return 'metricName' in value && String(value.metricName).endsWith('_count');
}

describe('a response with a fallback', () => {
  it('is not stored, is counted, and is logged: a line per request, a warning per second', async () => {
    const broken = own(await startBackend((req, res) => res.writeHead(req.url === '/gone' ? 404 : 500).end('"no"')));
    const part = (path: string, more: string) => `{ from: shop('${path}'), response: type<string>(), ${more} }`;
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';
          export const shop = defineService('shop', { targets: ['${broken.url}'] });\n`,
        'routes/whole.get.ts': `import { shop } from '#services';
          ${route(`{ proxy: shop, fallback: { items: [] } }`)}`,
        'routes/page.get.ts': `import { shop } from '#services';\n${route(`{
          aggregate: {
            a: ${part('/a', 'optional: true')},
            b: ${part('/b', `fallback: 'none'`)},
            c: ${part('/gone', 'optional: true')},
          },
          reply: ({ a, b, c }) => ({ a, b, c }),
          cache: { ttl: '1h' },
        }`)}`,
        'routes/told.get.ts': `import { shop } from '#services';\n${route(`{
          aggregate: { a: ${part('/a', 'optional: true')} },
          reply: () => new Response('{}', { headers: { 'Cache-Control': 'max-age=5' } }),
        }`)}`,
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'info' }));
    const printed = portico.process.printed('/told');
    for (let i = 0; i < 5; i++) {
      const whole = await fetch(`${portico.url}/whole`);
      expect([whole.status, whole.headers.get('cache-control')]).toEqual([200, 'no-store']);
    }
    expect((await fetch(`${portico.url}/page`)).headers.get('cache-control')).toBe('no-store');
    expect((await fetch(`${portico.url}/told`)).headers.get('cache-control')).toBe('max-age=5');
    const lines = (await printed).split('\n').flatMap(line => (line.startsWith('{"level"') ? [JSON.parse(line)] : []));
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests.filter(each => each.route === '/whole').map(({ fallbacks }) => fallbacks)).toEqual(
      Array.from({ length: 5 }, () => [{ reason: 'upstream.status' }]),
    );
    const reasons = [
      { part: 'a', reason: 'upstream.status', absent: true },
      { part: 'b', reason: 'upstream.status' },
      { part: 'c', reason: 'upstream.refused', absent: true },
    ];
    const headers: { readonly part: string }[] = requests.find(each => each.route === '/page')?.fallbacks;
    expect(headers.toSorted((x, y) => (x.part < y.part ? -1 : 1))).toEqual(reasons);
    const warnings = lines.filter(({ level, msg }) => level === 40 && msg.includes('stands in'));
    expect(warnings.filter(each => each.route === '/whole').length).toBeLessThan(5);
    expect(warnings.filter(each => each.route === '/page')).toHaveLength(3);
    const metrics = await (await fetch(`${portico.adminUrl}/metrics`)).text();
    expect(metrics).toContain('portico_fallback_total{route="/whole",reason="upstream.status"} 5');
    expect(metrics).toContain('portico_fallback_total{route="/page",reason="upstream.refused"} 1');
  });

  it('logs a stream that ends with a failure, with the status that the client has', async () => {
    const broken = own(await startBackend((req, res) => res.writeHead(req.url === '/a' ? 200 : 503).end('1')));
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';
          export const shop = defineService('shop', { targets: ['${broken.url}'], retry: false });\n`,
        'routes/page.get.ts': `import { shop } from '#services';\n${route(`{
          stream: true,
          aggregate: {
            a: { from: shop('/a'), response: {} },
            b: { from: shop('/b'), dependsOn: ['a'], response: {} },
          },
        }`)}`,
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'warn' }));
    const printed = portico.process.printed('upstream.status');
    const response = await fetch(`${portico.url}/page`);
    expect([response.status, (await response.text()).endsWith('{"done":false}\n')]).toEqual([200, true]);
    const line = (await printed).split('\n').find(each => each.includes('upstream.status')) ?? '';
    const logged = { route: '/page', status: 200, code: 'upstream.status', outcome: 'server_error' };
    expect(JSON.parse(line)).toMatchObject(logged);
  });
});
