import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BackendProcess } from '../support/backend-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { TestGateway } from '../support/gateway.ts';
import { Ledger } from '../support/ledger.ts';
import { load, SteadyLoad } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { createProject } from '../support/project.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

const ANY = '[[...path]].ts';
const PATIENT = { timeout: 10_000 };
const targets = (all: readonly { readonly url: string }[], more = ''): string =>
  `{ targets: ${JSON.stringify(all.map(({ url }) => url))}${more} }`;
const aside = (made: TestGateway): Promise<number> => metric(made.gateway, 'portico_service_ejected_targets');

/** So many machines with a wire of its own before each. */
async function machines(count: number, ledger: Ledger) {
  const made = Array.from({ length: count }, async (_, number) => {
    const heard: string[] = [];
    const { url } = await backend((req, res) => {
      ledger.executed(req);
      heard.push(req.url ?? '');
      req.resume().on('end', () => res.end(`from ${number}`));
    });
    const proxy = own(await FaultProxy.start(url, number));
    return { url: proxy.url, proxy, heard };
  });
  return Promise.all(made);
}

describe('one of three machines is killed under load', () => {
  it.each([
    ['that declares retries', 'retry: { attempts: 3 }'],
    ['that says nothing of them', ''],
  ])(
    'and started again: no idempotent request of a route %s fails, no POST is executed twice',
    async (_how, policy) => {
      const { dir } = own(await createProject({}));
      const names = ['one', 'two', 'three'];
      const processes = await Promise.all(names.map(name => BackendProcess.start(join(dir, name))));
      for (const each of processes) own(each);
      const ledger = own(new Ledger());
      const made = await gateway(proxying(targets(processes), { [ANY]: policy }));
      const traffic = new SteadyLoad(8, number =>
        number % 4 === 0
          ? ledger.ask(`${made.url}/orders`, { method: 'POST', body: 'order' })
          : ledger.ask(`${made.url}/items/${number}`),
      );
      await expect.poll(() => traffic.asked, PATIENT).toBeGreaterThan(200);

      const [victim] = processes;
      const before = (await victim?.executed())?.length ?? 0;
      expect(before).toBeGreaterThan(20);
      await victim?.kill();
      await expect.poll(() => aside(made), { ...PATIENT, interval: 20 }).toBe(1);
      const atEjection = traffic.asked;
      await expect.poll(() => traffic.asked, PATIENT).toBeGreaterThan(atEjection + 200);
      const atDeath = (await victim?.executed())?.length ?? 0;
      await victim?.start();
      await expect.poll(async () => (await victim?.executed())?.length, PATIENT).toBeGreaterThan(atDeath + 20);
      await traffic.stop();

      expect(await aside(made)).toBe(0);
      for (const each of processes) ledger.read((await each.executed()).map(({ number }) => number));
      expect(ledger.failedIdempotent).toEqual([]);
      expect(ledger.executedTwice).toEqual([]);
      expect(ledger.answeredUnexecuted).toEqual([]);
    },
  );
});

describe('a machine that accepts and never answers', () => {
  it('costs 504 at the deadline, is set aside, and the others answer', async () => {
    const ledger = own(new Ledger());
    const all = await machines(3, ledger);
    const made = await gateway(proxying(targets(all), { [ANY]: `timeout: '150ms'` }));
    await all[0]?.proxy.become({ kind: 'blackhole' });
    await load({ requests: 30, clients: 10 }, () => ledger.ask(`${made.url}/`));
    expect(Object.keys(ledger.statuses)).toEqual(['200', '504']);
    // Each third request would be a late one while it is asked as often as the others.
    const inARow = async (): Promise<number> => {
      let good = 0;
      while (good < 30 && (await ledger.ask(made.url)).status === 200) good++;
      return good;
    };
    await expect.poll(inARow, PATIENT).toBe(30);
    expect(all.map(({ heard }) => heard.length > 0)).toEqual([false, true, true]);
  });

  it('is given up at its route’s own deadline, the shorter one first', async () => {
    const ledger = own(new Ledger());
    const all = await machines(1, ledger);
    const made = await gateway(
      proxying(targets(all), { 'soon.get.ts': `timeout: '150ms'`, 'late.get.ts': `timeout: '900ms'` }),
    );
    await all[0]?.proxy.become({ kind: 'blackhole' });
    const order: string[] = [];
    const ask = async (path: string): Promise<void> => {
      const { status, body } = await ledger.ask(`${made.url}${path}`);
      order.push(`${path} ${status} ${JSON.parse(body).code}`);
    };
    await Promise.all([ask('/late'), ask('/soon')]);
    expect(order).toEqual(['/soon 504 upstream.timeout', '/late 504 upstream.timeout']);
  });

  it('never has more in flight than the limit of its service', async () => {
    const ledger = own(new Ledger());
    const all = await machines(1, ledger);
    const made = await gateway(proxying(targets(all, ', concurrency: 10'), { [ANY]: `timeout: '1s'` }));
    const wire = all[0]?.proxy;
    await wire?.become({ kind: 'blackhole' });
    const inFlight: number[] = [];
    const asked = load({ requests: 60, clients: 60 }, () => ledger.ask(made.url));
    const watched = expect
      .poll(
        async () => {
          inFlight.push(await metric(made.gateway, 'portico_service_in_flight', { kind: 'call' }));
          return ledger.answers.filter(answer => answer === undefined).length;
        },
        { ...PATIENT, interval: 20 },
      )
      .toBe(0);
    await Promise.all([asked, watched]);
    expect(Math.max(...inFlight)).toBe(10);
    expect(wire?.mostOpen).toBeLessThanOrEqual(10);
    expect(Object.keys(ledger.statuses)).toEqual(['503', '504']);
    await expect.poll(() => metric(made.gateway, 'portico_service_in_flight')).toBe(0);
  });
});

describe('when every machine fails', () => {
  it('all of them are asked on, and answer as soon as they are well', async () => {
    const ledger = own(new Ledger());
    const all = await machines(4, ledger);
    const made = await gateway(proxying(targets(all), { [ANY]: 'retry: false' }));
    for (const { proxy } of all) await proxy.become({ kind: 'hang-up' });
    await load({ requests: 100, clients: 4 }, () => ledger.ask(made.url));
    expect(ledger.statuses).toEqual({ 502: 100 });
    expect(all.map(({ proxy }) => proxy.connections >= 5)).toEqual([true, true, true, true]);
    for (const { proxy } of all) await proxy.become({ kind: 'none' });
    const again = own(new Ledger());
    for (const { heard } of all) heard.length = 0;
    const seen = async (): Promise<readonly boolean[]> => {
      await again.ask(made.url);
      return all.map(({ heard }) => heard.length > 0);
    };
    await expect.poll(seen, { ...PATIENT, interval: 10 }).toEqual([true, true, true, true]);
    expect(again.failedIdempotent).toEqual([]);
  });
});
