import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';
import { route, startGateway } from '../support/gateway.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function read(url: string): Promise<Answer> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

async function repeat(times: number, url: string): Promise<void> {
  for (let i = 0; i < times; i++) await read(url);
}

describe('a breaker with a slow call rate', () => {
  it('opens for a backend that responds late', async () => {
    await using backend = await startBackend(async (_req, res) => {
      await delay(60);
      res.end('late');
    });
    await using door = await startGateway({
      'routes/late.get.ts': route(`{ proxy: '${backend.url}', breaker: { minRequests: 5, slowCall: '30ms' } }`),
      'routes/patient.get.ts': route(`{ proxy: '${backend.url}', breaker: { minRequests: 5 } }`),
    });
    const responses = [];
    for (let i = 0; i < 6; i++) responses.push((await read(`${door.url}/late`)).status);
    expect(responses).toEqual([200, 200, 200, 200, 200, 503]);
    await repeat(6, `${door.url}/patient`);
    expect(door.gateway.breakers()).toMatchObject([
      { site: 'GET /late', state: 'open', failed: 0, slow: 5, total: 5 },
      { site: 'GET /patient', state: 'closed', failed: 0, total: 6 },
    ]);
    expect(backend.requests).toHaveLength(11);
  });
});

describe('the state of a circuit at /metrics', () => {
  it('is separate for two sites with the same address', async () => {
    await using backend = await startBackend((_req, res) => res.end('well'));
    const proxied = route(`{ proxy: '${backend.url}', breaker: {} }`);
    await using door = await startGateway({ 'routes/a.get.ts': proxied, 'routes/a.post.ts': proxied });
    const states = async () => {
      const metrics = await door.gateway.metrics();
      const values = metrics.find(({ name }) => name === 'portico_breaker_state')?.values ?? [];
      return Object.fromEntries(values.map(({ value, labels }) => [labels.state, value]));
    };
    for (const site of ['GET /a', 'POST /a']) door.gateway.holdBreaker(site);
    door.gateway.closeBreaker('POST /a');
    expect(await states()).toEqual({ closed: 1, 'half-open': 0, open: 1 });
    door.gateway.closeBreaker('GET /a');
    expect(await states()).toEqual({ closed: 2, 'half-open': 0, open: 0 });
  });
});

describe('behind an open circuit', () => {
  it('a fallback responds', async () => {
    await using backend = await startBackend((_req, res) => res.writeHead(500).end());
    await using door = await startGateway({
      'routes/a.get.ts': route(`{ proxy: '${backend.url}', breaker: { minRequests: 5 }, fallback: { items: [] } }`),
    });
    await repeat(5, `${door.url}/a`);
    expect(await read(`${door.url}/a`)).toMatchObject({ status: 200, text: '{"items":[]}' });
    expect(backend.requests).toHaveLength(5);
  });

  it('a stale response is served', async () => {
    let status = 200;
    await using backend = await startBackend((_req, res) => res.writeHead(status).end('old'));
    const clock = new FakeClock();
    const policies = `breaker: { minRequests: 5 }, cache: { ttl: '1m', staleIfError: '1h' }`;
    await using door = await startGateway(
      { 'routes/[id].get.ts': route(`{ proxy: '${backend.url}', ${policies} }`) },
      { clock },
    );
    expect((await read(`${door.url}/kept`)).text).toBe('old');
    clock.advance(61_000);
    status = 500;
    await repeat(5, `${door.url}/other`);
    const calls = backend.requests.length;
    const kept = await read(`${door.url}/kept`);
    expect([kept.status, kept.text]).toEqual([200, 'old']);
    expect(kept.headers.get('cache-status')).toContain('detail=breaker.open');
    expect((await read(`${door.url}/unknown`)).status).toBe(503);
    expect(backend.requests).toHaveLength(calls);
  });
});

describe('call sites with the same circuit name', () => {
  const defaults = `import { defineDefaults } from 'portico';
    export default defineDefaults({ breaker: { name: 'payments', minRequests: 5 } });\n`;

  it('share one circuit, whether a route, a part, a folder or a service sets it', async () => {
    let status = 500;
    await using backend = await startBackend((_req, res) => {
      res.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
    await using door = await startGateway({
      'services.ts': `import { defineService } from 'portico';
        export const money = defineService('money', { targets: ['${backend.url}'],
          breaker: { name: 'payments', minRequests: 5 } });\n`,
      'routes/pay/_defaults.ts': defaults,
      'routes/pay/a.get.ts': route(`{ proxy: '${backend.url}' }`),
      'routes/b.get.ts': `import { money } from '#services';\n${route('{ proxy: money }')}`,
      'routes/page.get.ts': `import { money } from '#services';
        ${route("{ aggregate: { due: { from: money('/due'), response: type() } }, reply: ({ due }) => due }")}`,
      'routes/own.get.ts': route(`{ proxy: '${backend.url}', breaker: { minRequests: 5 } }`),
    });
    await repeat(3, `${door.url}/pay/a`);
    await repeat(2, `${door.url}/b`);
    for (const path of ['/pay/a', '/b', '/page']) expect((await read(door.url + path)).status).toBe(503);
    status = 200;
    expect((await read(`${door.url}/own`)).status).toBe(200);
    expect(backend.requests).toHaveLength(6);
    const shared = door.gateway.breakers().find(({ site }) => site === 'payments');
    expect(shared).toMatchObject({ state: 'open', failed: 5, total: 5 });
    expect(shared?.usedBy.toSorted()).toEqual(['GET /b', 'GET /page#due', 'GET /pay/a']);
  });

  it('are each measured', async () => {
    await using backend = await startBackend((_req, res) => res.writeHead(500).end());
    await using door = await startGateway({
      'routes/_defaults.ts': defaults,
      'routes/a.get.ts': route(`{ proxy: '${backend.url}' }`),
      'routes/b.get.ts': route(`{ proxy: '${backend.url}' }`),
    });
    await repeat(7, `${door.url}/a`);
    await repeat(1, `${door.url}/b`);
    const metrics = await door.gateway.metrics();
    const values = (name: string) =>
      metrics
        .find(metric => metric.name === name)
        ?.values.filter(({ labels }) => labels.state === undefined || labels.state === 'open')
        .map(({ labels, value }) => [labels.route, value]);
    expect(values('portico_breaker_state')).toEqual([
      ['/a', 1],
      ['/b', 1],
    ]);
    expect(values('portico_breaker_opened_total')).toEqual([
      ['/a', 1],
      ['/b', 1],
    ]);
    expect(values('portico_breaker_refused_total')).toEqual([
      ['/a', 2],
      ['/b', 1],
    ]);
  });
});

it('an embedding program forces a circuit open and closes it', async () => {
  await using backend = await startBackend((_req, res) => res.end('ok'));
  await using door = await startGateway(
    { 'routes/a.get.ts': route(`{ proxy: '${backend.url}', breaker: {} }`) },
    { forcedOpen: ['GET /a'] },
  );
  expect((await read(`${door.url}/a`)).status).toBe(503);
  door.gateway.closeBreaker('GET /a');
  expect((await read(`${door.url}/a`)).status).toBe(200);
  door.gateway.holdBreaker('GET /a');
  const refused = await read(`${door.url}/a`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, null]);
  expect(backend.requests).toHaveLength(1);
});
