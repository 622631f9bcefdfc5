import { execFileSync, spawnSync } from 'node:child_process';
import { Agent, METHODS, request as send } from 'node:http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { exposition } from '../../src/telemetry/exposition.ts';
import type { MetricsSnapshot } from '../../src/telemetry/metrics.ts';
import { MetricsAggregator } from '../../src/workers/metrics-aggregator.ts';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { installed, missing } from '../support/installed.ts';
import { testResources } from '../support/resources.ts';

const { gateway, own } = testResources();

/** Each series as it is shown, without its value. */
async function seriesOf(snapshot: MetricsSnapshot): Promise<ReadonlySet<string>> {
  const { text } = await exposition(snapshot, undefined);
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return new Set(lines.map(line => line.slice(0, line.lastIndexOf(' '))));
}

async function countOf(snapshot: MetricsSnapshot, series: RegExp): Promise<number> {
  const { text } = await exposition(snapshot, undefined);
  const lines = text.split('\n').filter(line => series.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Sends a request with any method, path and host. */
function probe(url: string, agent: Agent, method: string, path: string, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    send({ port, agent, method, path, headers: { Host: host } }, response => {
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

// Node handles both in another way than the rest.
const REQUEST_METHODS = METHODS.filter(method => method !== 'CONNECT' && method !== 'TRACE');

describe('the series', () => {
  it('are no more after 10,000 random paths, methods and hosts', async () => {
    const { url, gateway: made } = await gateway({
      'routes/items/[id].ts': route(`'/items/[id]', { handler: c => c.params.id }`),
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const visit = (i: number) => {
      const method = REQUEST_METHODS[i % REQUEST_METHODS.length] ?? 'GET';
      const path = i % 2 === 0 ? `/items/${i.toString(36)}` : `/${i.toString(36)}/${i}?q=${i}`;
      return probe(url, agent, method, path, `h${i}.example`);
    };
    for (let i = 0; i < 200; i++) await visit(i);
    const before = await seriesOf(await made.metrics());
    for (let i = 200; i < 10_200; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => visit(i + k)));
    const after = await seriesOf(await made.metrics());
    agent.destroy();
    expect([...after].filter(series => !before.has(series))).toEqual([]);
    expect(await countOf(await made.metrics(), /^http_server_request_duration_seconds_count\{/)).toBe(10_200);
  });

  it('name the scheme, and the failure or the status of an error', async () => {
    const backend = own(await startBackend((_req, res) => res.writeHead(503).end()));
    const { url, gateway: made } = await gateway({
      'routes/gone.get.ts': route(`{ proxy: 'http://127.0.0.1:9' }`),
      'routes/sick.get.ts': route(`{ proxy: '${backend.url}' }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ trustedProxies: ['127.0.0.0/8', '::1'] });\n`,
    });
    await request(url).get('/gone').set('X-Forwarded-Proto', 'https').expect(502);
    await request(url).get('/sick').expect(503);
    const snapshot = await made.metrics();
    const labels = (name: string) =>
      snapshot
        .find(metric => metric.name === name)
        ?.values.filter(value => 'metricName' in value && value.metricName === `${name}_count`)
        .map(value => value.labels);
    expect(labels('http_server_request_duration_seconds')).toMatchObject([
      { http_route: '/gone', url_scheme: 'https', error_type: 'upstream.unreachable' },
      { http_route: '/sick', url_scheme: 'http', error_type: '503', http_response_status_code: '503' },
    ]);
    expect(labels('http_client_request_duration_seconds')).toMatchObject([
      { service: 'the backend of /gone', http_request_method: 'GET', error_type: 'unreachable' },
      { service: 'the backend of /sick', error_type: '503', http_response_status_code: '503' },
    ]);
  });
});

describe('an active request', () => {
  it('is counted until its last byte', async () => {
    const waiting = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const backend = own(
      await startBackend(async (_req, res) => {
        arrived.resolve();
        await waiting.promise;
        res.end('late');
      }),
    );
    const { url, gateway: made } = await gateway({ 'routes/a.get.ts': route(`{ proxy: '${backend.url}' }`) });
    const active = async () => countOf(await made.metrics(), /^http_server_active_requests\{/);
    const response = request(url).get('/a').expect(200).then();
    await arrived.promise;
    expect(await active()).toBe(1);
    waiting.resolve();
    await response;
    await expect.poll(active).toBe(0);
  });
});

describe('the overhead', () => {
  it('is the time of a request without that of its backends', async () => {
    const backend = own(await startBackend((_req, res) => setTimeout(() => res.end('late'), 300)));
    const { url, gateway: made } = await gateway({ 'routes/a.get.ts': route(`{ proxy: '${backend.url}' }`) });
    await request(url).get('/a').expect(200);
    const sum = async (name: string) => countOf(await made.metrics(), new RegExp(`^${name}_sum`));
    expect(await sum('portico_overhead_seconds')).toBeLessThan((await sum('http_server_request_duration_seconds')) / 2);
  });
});

describe('the exposition', () => {
  const traced = { accept: 'application/openmetrics-text;version=1.0.0;q=0.7,text/plain;version=0.0.4;q=0.5' };

  it('is in OpenMetrics with the trace of a request, where the reader prefers it', async () => {
    const { url, gateway: made } = await gateway({ 'routes/a.get.ts': route(`{ handler: () => 'a' }`) });
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await request(url).get('/a').set('traceparent', parent).expect(200);
    const { contentType, text } = await exposition(await made.metrics(), traced.accept);
    expect(contentType).toMatch(/^application\/openmetrics-text/);
    expect(text).toMatch(/\n# EOF\n$/);
    expect(text).toMatch(/# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total [\d.]+\n/);
    expect(text).toMatch(
      /http_server_request_duration_seconds_bucket\{.*\} 1 # \{trace_id="[\da-f]{32}"\} [\d.]+ [\d.]+\n/,
    );
    for (const accept of [undefined, 'text/html,*/*;q=0.8', 'text/plain', 'application/openmetrics-text;q=0']) {
      expect((await exposition(await made.metrics(), accept)).contentType, accept).toMatch(/^text\/plain/);
    }
  });

  it('keeps the latest trace of several workers', async () => {
    const snapshotWith = (traceId: string, timestamp: number): MetricsSnapshot => {
      const exemplar = { labelSet: { trace_id: traceId }, value: 0.1, timestamp };
      const value = { labels: { le: '1' }, value: 1, metricName: 'a_bucket', exemplar };
      const metric = { name: 'a', help: 'A', type: 'histogram', aggregator: 'sum', values: [value] };
      return [metric as unknown as MetricsSnapshot[number]];
    };
    const workers = Promise.resolve([snapshotWith('old', 1), snapshotWith('new', 2), snapshotWith('older', 0)]);
    const { text } = await exposition(await new MetricsAggregator().with(workers), traced.accept);
    expect(text).toContain('a_bucket{le="1"} 3 # {trace_id="new"} 0.1 2');
  });

  const noPromtool = missing('promtool', 'prometheus');
  it.skipIf(noPromtool !== undefined)(`has nothing that promtool warns of ${noPromtool ?? ''}`, async () => {
    const { url, gateway: made } = await gateway({
      'routes/a.get.ts': route(`{ handler: () => 'a', cache: { ttl: '1m' } }`),
      'routes/b.get.ts': route(`{ proxy: 'http://127.0.0.1:9', breaker: {} }`),
    });
    await request(url).get('/a').expect(200);
    await request(url).get('/b').expect(502);
    const { text } = await exposition(await made.metrics(), undefined);
    const { status, stdout, stderr } = spawnSync(installed('promtool'), ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
    expect(() =>
      execFileSync(installed('promtool'), ['check', 'metrics'], { input: 'a_total', stdio: 'pipe' }),
    ).toThrow();
  });
});
