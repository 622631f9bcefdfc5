import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/ports/clock.ts';
import { route } from '../support/gateway.ts';
import { Ledger } from '../support/ledger.ts';
import { load } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

describe('a service', () => {
  it('without targets is a configuration error at load', async () => {
    const project = own(await createProject(proxying('{ targets: [] }', { 'a.ts': '' })));
    const { code, err } = await runPortico(['check', '--dir', project.dir]);
    expect(code).toBe(1);
    expect(err).toContain('services.ts');
    expect(err).toMatch(/backend.*target|target.*backend/i);
  });

  it.each([1, 500])('of %i targets uses all of them', async count => {
    const asked = new Set<string>();
    const { url } = await backend((req, res) => {
      asked.add(req.url ?? '');
      res.end('ok');
    });
    const targets = JSON.stringify(Array.from({ length: count }, (_, number) => `${url}/m${number}`));
    const service = `{ targets: ${targets}, balance: 'round-robin' }`;
    const made = await gateway(proxying(service, { '[[...path]].ts': '' }));
    const ledger = own(new Ledger());
    await load({ requests: 1_000, clients: 10 }, () => ledger.ask(made.url));
    expect(ledger.statuses).toEqual({ 200: 1_000 });
    expect(asked.size).toBe(count);
    expect(await metric(made.gateway, 'portico_service_targets')).toBe(count);
  });
});

describe('a Retry-After', () => {
  it.each([
    ['banana', 3],
    ['-5', 3],
    ['', 3],
    ['Wed, 99 Foo 2999 99:99:99 GMT', 3],
    // There is no other target, so the response is passed on at once.
    ['99999999', 1],
    ['99999999999999999999', 3],
  ])('%j does not delay the response', async (value, attempts) => {
    const ledger = own(new Ledger());
    const { url } = await backend((req, res) => {
      ledger.executed(req);
      res.writeHead(503, { 'Retry-After': value }).end('later');
    });
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { 'a.ts': 'retry: { attempts: 3 }' }));
    const rounds = 2;
    for (let i = 0; i < rounds; i++) expect((await ledger.ask(`${made.url}/a`)).status).toBe(503);
    expect(ledger.attemptsPerRequest).toBe(attempts);
  });

  it('lets a target back off for a limited time, and not at all if no other target is available', async () => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const heard: string[] = [];
    let isTired = true;
    const tired = await backend((_req, res) => {
      heard.push('tired');
      if (isTired) res.writeHead(503, { 'Retry-After': '99999999' });
      res.end();
    });
    const fresh = await backend((_req, res) => {
      heard.push('fresh');
      res.end();
    });
    const service = `{ targets: ['${tired.url}', '${fresh.url}'], balance: 'round-robin', slowStart: false }`;
    const made = await gateway(proxying(service, { 'a.ts': '' }), { clock });
    const ledger = own(new Ledger());
    const tenMore = async (): Promise<ReadonlySet<string>> => {
      heard.length = 0;
      for (let i = 0; i < 10; i++) await ledger.ask(`${made.url}/a`);
      return new Set(heard);
    };
    expect(await tenMore()).toEqual(new Set(['tired', 'fresh']));
    isTired = false;
    expect(await tenMore()).toEqual(new Set(['fresh']));
    ahead = 30_000;
    expect(await tenMore()).toEqual(new Set(['tired', 'fresh']));
  });
});

describe('request headers of clients', () => {
  it('about time limits and attempts never reach a backend', async () => {
    const seen: unknown[] = [];
    const { url } = await backend((req, res) => {
      seen.push([req.headers['x-request-timeout-ms'], req.headers['x-request-attempt']]);
      if (seen.length === 1) req.socket.destroy();
      else res.end();
    });
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { 'a.ts': `timeout: '2s', retry: {}` }));
    const claims = { 'X-Request-Timeout-Ms': '99999999', 'X-Request-Attempt': '7' };
    const ledger = own(new Ledger());
    expect((await ledger.ask(`${made.url}/a`, { headers: claims })).status).toBe(200);
    const [first, second] = seen as [string, string | undefined][];
    for (const [ms] of [first ?? [], second ?? []]) {
      expect(Number(ms)).toBeGreaterThan(0);
      expect(Number(ms)).toBeLessThanOrEqual(2_000);
    }
    expect([first?.[1], second?.[1]]).toEqual([undefined, '2']);
  });

  it.each([
    [{ Priority: 'u=0' }, 'bulk'],
    [{ Priority: 'u=0, i' }, 'bulk'],
    [{ 'Sec-Purpose': 'critical' }, 'bulk'],
    [{ Priority: 'u=0', 'Sec-Purpose': 'prefetch' }, 'bulk'],
    [{}, 'bulk'],
    // A client may only lower its priority.
    [{ Priority: 'u=7' }, 'plain'],
    [{ Priority: 'u=7' }, 'critical'],
  ] as const)('never raise the priority: %j, %s', async (headers, path) => {
    const held: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      if (req.url === '/held') held.push(() => res.end());
      else res.end();
    });
    const made = await gateway(
      proxying(`{ targets: ['${url}'], concurrency: 10 }`, {
        'held.ts': '',
        'plain.ts': '',
        'bulk.ts': `priority: 'bulk'`,
        'critical.ts': `priority: 'critical'`,
      }),
    );
    const ledger = own(new Ledger());
    // More than the share of bulk, less than that of the others.
    const crowd = [1, 2, 3, 4].map(() => ledger.ask(`${made.url}/held`));
    await expect.poll(() => held.length).toBe(4);
    const ask = async (more: Readonly<Record<string, string>>, where: string): Promise<number> =>
      (await ledger.ask(`${made.url}/${where}`, { headers: more })).status;
    expect([await ask(headers, path), await ask({}, 'plain')]).toEqual([503, 200]);
    for (const response of held) response();
    await Promise.all(crowd);
    expect(await metric(made.gateway, 'portico_service_shed_total', { priority: 'bulk' })).toBe(1);
  });
});

describe('a wall clock jump', () => {
  it.each([3_600_000, -3_600_000])('by %i ms changes no lifetime, circuit, deadline or target', async step => {
    let stepped = 0;
    const clock = { ...systemClock, wall: () => systemClock.wall() + stepped };
    let asked = 0;
    const { url } = await backend((req, res) => {
      if (req.url === '/page') asked++;
      if (req.url === '/sick') res.writeHead(500);
      res.end('answered');
    });
    const sick = await backend((_req, res) => res.writeHead(502).end());
    const made = await gateway(
      {
        ...proxying(`{ targets: ['${url}', '${sick.url}'], balance: 'round-robin', ejection: { baseTime: '30s' } }`, {
          'any.ts': `timeout: '5s'`,
        }),
        'routes/page.get.ts': route(`{ proxy: '${url}', cache: { ttl: '10m' } }`),
        'routes/sick.get.ts': route(`{ proxy: '${url}', breaker: { minRequests: 5, resetTimeout: '60s' } }`),
      },
      { clock },
    );
    const ledger = own(new Ledger());
    const ask = async (path: string): Promise<number> => (await ledger.ask(`${made.url}${path}`)).status;
    await ask('/page');
    for (let i = 0; i < 5; i++) await ask('/sick');
    for (let i = 0; i < 10; i++) await ask('/any');
    for (const each of [step, 0, step]) {
      stepped = each;
      expect([await ask('/page'), asked]).toEqual([200, 1]);
      expect(await ask('/sick')).toBe(503);
      for (let i = 0; i < 4; i++) expect(await ask('/any')).toBe(200);
    }
  });
});
