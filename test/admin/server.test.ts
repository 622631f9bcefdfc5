import { describe, expect, it } from 'vitest';
import { startAdmin } from '../../src/admin/server.ts';
import type { Phase, Status } from '../../src/admin/status.ts';
import { Metrics, type MetricsSnapshot } from '../../src/observe/metrics.ts';

class FakeStatus implements Status {
  phase: Phase = 'ready';
  generation = 3;
  pids = [11, 12];
  routes = [{ method: 'GET', path: '/a/{id}', answer: 'proxy catalog', policies: [], file: 'routes/a/[id].get.ts' }];
  readonly #metrics = new Metrics(() => [{ service: 'catalog', inFlight: 2, streams: 0, ejected: 1 }]);

  constructor() {
    this.#metrics.observe({
      route: '/a/{id}',
      method: 'GET',
      status: 200,
      durationMs: 7,
      requestId: '1',
      path: '/a/1',
      failure: undefined,
    });
    const site = this.#metrics.callSite('/a/{id}', 'stock');
    site.breaker('open');
    this.#metrics.callSite('/b', undefined).breaker('closed');
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#metrics.snapshot();
  }
}

async function admin(status: Status): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = await startAdmin(status, 0);
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.close() };
}

describe('the admin port', () => {
  it('lives', async () => {
    await using door = await admin(new FakeStatus());
    const answer = await fetch(`${door.url}/livez`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('ok\n');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is ready while the gateway answers, and 503 before and after', async () => {
    const status = new FakeStatus();
    await using door = await admin(status);
    const answer = await fetch(`${door.url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ready', generation: 3, workers: 2, routes: 1 });
    for (const phase of ['starting', 'draining'] as const) {
      status.phase = phase;
      const refused = await fetch(`${door.url}/readyz`);
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ status: phase });
    }
  });

  it('is ready with an open circuit, and names it when asked for more', async () => {
    await using door = await admin(new FakeStatus());
    const answer = await fetch(`${door.url}/readyz?verbose`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      node: process.versions.node,
      pids: [11, 12],
      breakers: [{ route: '/a/{id}', part: 'stock', state: 'open', workers: 1 }],
    });
  });

  it('gives metrics as Prometheus reads them', async () => {
    await using door = await admin(new FakeStatus());
    const answer = await fetch(`${door.url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    const text = await answer.text();
    expect(text).toContain('# TYPE http_server_request_duration_seconds histogram');
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/a/{id}",http_response_status_code="200"} 1',
    );
    expect(text).toContain('portico_service_in_flight{service="catalog",kind="call"} 2');
  });

  it('shows the routes at the root', async () => {
    await using door = await admin(new FakeStatus());
    expect(await (await fetch(door.url)).json()).toMatchObject({
      status: 'ready',
      see: ['/livez', '/readyz', '/metrics'],
      routes: [{ method: 'GET', path: '/a/{id}', file: 'routes/a/[id].get.ts' }],
    });
  });

  it('answers HEAD without a body, other methods with 405, other paths with 404', async () => {
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

  it('is not to be reached from other machines', async () => {
    const server = await startAdmin(new FakeStatus(), 0);
    await using _door = { [Symbol.asyncDispose]: () => server.close() };
    await expect(fetch(`http://[::1]:${server.port}/livez`)).rejects.toThrow();
  });
});
