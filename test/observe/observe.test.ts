import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { ServerTimingJournal } from '../../src/observe/journal.ts';
import { Repeats } from '../../src/observe/repeats.ts';
import { startBackend } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';
import { runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { gateway, own } = testResources();

describe('the log', () => {
  it('holds the stack of a team’s exception beside the request id, and the client does not', async () => {
    const project = own(
      await createProject({
        'routes/throws.get.ts': route(`{ handler: () => { throw new Error('the secret detail'); } }`),
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'warn' }));
    const printed = portico.process.printed('the secret detail');
    const answer = await fetch(`${portico.url}/throws`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
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

describe('what repeats', () => {
  it('is let through once a second, with how many were left out', () => {
    const clock = new FakeClock();
    const repeats = new Repeats(clock);
    const passed = Array.from({ length: 100 }, () => repeats.pass('limit.shed /a'));
    expect(passed.filter(each => each !== undefined)).toEqual([0]);
    expect(repeats.pass('limit.shed /b')).toBe(0);
    clock.advance(1_000);
    expect(repeats.pass('limit.shed /a')).toBe(99);
  });

  it('is in the log when calls are kept away from a backend', async () => {
    const slow = own(await startBackend(() => {}));
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';\nexport const slow = defineService('slow', { targets: ['${slow.url}'], concurrency: 1 });\n`,
        'routes/slow.get.ts': `import { slow } from '#services';\n${route(`{ proxy: slow, timeout: '2s' }`)}`,
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir], { LOG_LEVEL: 'warn' }));
    const printed = portico.process.printed('limit.shed');
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(`${portico.url}/slow`)));
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(11);
    const lines = (await printed).split('\n').filter(line => line.includes('limit.shed'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 40, route: '/slow', outcome: 'own', leftOut: 0 });
  });
});

describe('the metrics', () => {
  it('count requests by route, never by path, and what caches did', async () => {
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

describe('Server-Timing', () => {
  it('tells notes, parts and durations, with every text quoted', () => {
    const clock = new FakeClock();
    const journal = new ServerTimingJournal(clock);
    journal.note('breaker', 'half-open');
    const part = journal.child('stock');
    clock.advance(300);
    part.note('failed', 'upstream.timeout');
    part.end();
    clock.advance(15);
    journal.note('odd', 'a "quoted" \\ ü');
    expect(journal.serverTiming()).toBe(
      'breaker;desc="half-open", odd;desc="a \\"quoted\\" \\\\ ?", part.stock;dur=300;desc="upstream.timeout", total;dur=315',
    );
  });
});

function isCount(value: object): boolean {
  return 'metricName' in value && String(value.metricName).endsWith('_count');
}
