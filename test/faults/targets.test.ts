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
const aside = (made: TestGateway): Promise<number> =>
  metric(made.gateway, 'portico_service_targets', { state: 'ejected' });

/** Targets with a network of their own before each. */
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

describe('one of three targets that is killed under load', () => {
  const POLICIES = [
    ['with declared retries', 'retry: { attempts: 3 }'],
    ['without declared retries', ''],
  ] as const;

  /** Three processes under constant load. */
  const underLoad = async (policy: string, balance: string) => {
    const { dir } = own(await createProject({}));
    const processes = await Promise.all(['one', 'two', 'three'].map(name => BackendProcess.start(join(dir, name))));
    for (const each of processes) own(each);
    const [victim] = processes;
    if (victim === undefined) throw new Error('there are three');
    const ledger = own(new Ledger());
    const made = await gateway(proxying(targets(processes, `, balance: '${balance}'`), { [ANY]: policy }));
    const traffic = new SteadyLoad(8, number =>
      number % 4 === 0
        ? ledger.ask(`${made.url}/orders`, { method: 'POST', body: 'order' })
        : ledger.ask(`${made.url}/items/${number}`),
    );
    const executed = async (): Promise<number> => (await victim.executed()).length;
    await expect.poll(executed, PATIENT).toBeGreaterThan(50);
    const more = async (requests: number): Promise<void> => {
      const before = traffic.asked;
      await expect.poll(() => traffic.asked, PATIENT).toBeGreaterThan(before + requests);
    };
    const stop = async (): Promise<void> => {
      await traffic.stop();
      for (const each of processes) ledger.read((await each.executed()).map(({ number }) => number));
      expect(ledger.failedIdempotent).toEqual([]);
      expect(ledger.executedTwice).toEqual([]);
      expect(ledger.answeredUnexecuted).toEqual([]);
    };
    return { made, victim, executed, more, stop };
  };

  it.each(POLICIES)('fails no idempotent request of a route %s and executes no POST twice', async (_how, policy) => {
    const { victim, more, stop } = await underLoad(policy, 'ewma');
    await victim.kill();
    await more(300);
    await victim.start();
    await more(300);
    await stop();
  });

  it.each(POLICIES)('on a route %s is ejected, and is used again after its restart', async (_how, policy) => {
    const { made, victim, executed, more, stop } = await underLoad(policy, 'round-robin');
    await victim.kill();
    await expect.poll(() => aside(made), { ...PATIENT, interval: 20 }).toBe(1);
    await more(100);
    const atDeath = await executed();
    await victim.start();
    await expect.poll(executed, PATIENT).toBeGreaterThan(atDeath + 5);
    await stop();
    expect(await aside(made)).toBe(0);
  });
});

describe('one target of five that is ten times slower', () => {
  const REQUESTS = 200;
  const WORK_MS = 50;

  /** How many requests the slow target got once the gateway had a response from every target. */
  const slowAnswers = async (balance: string): Promise<number> => {
    let slow = 0;
    const all = await Promise.all(
      [10, 1, 1, 1, 1].map(times =>
        backend((_req, res) => {
          if (times > 1) slow++;
          setTimeout(() => res.end('done'), times * WORK_MS);
        }),
      ),
    );
    const made = await gateway(proxying(targets(all, `, balance: '${balance}'`), { [ANY]: '' }));
    const ledger = own(new Ledger());
    await load({ requests: 20, clients: 5 }, () => ledger.ask(made.url));
    slow = 0;
    await load({ requests: REQUESTS, clients: 5 }, () => ledger.ask(made.url));
    expect(ledger.failedIdempotent).toEqual([]);
    return slow;
  };

  it('stays outside the slowest 1 % of the responses, while round robin makes it a fifth of them', async () => {
    const [spared, inTurn] = await Promise.all([slowAnswers('ewma'), slowAnswers('round-robin')]);
    expect(spared).toBeLessThanOrEqual(REQUESTS / 100);
    expect(inTurn).toBe(REQUESTS / 5);
  });
});

describe('a target that accepts connections and never responds', () => {
  it('causes 504 at the deadline and is ejected while the others serve', async () => {
    const ledger = own(new Ledger());
    const all = await machines(3, ledger);
    const made = await gateway(proxying(targets(all, `, balance: 'round-robin'`), { [ANY]: `timeout: '150ms'` }));
    await all[0]?.proxy.become({ kind: 'blackhole' });
    await load({ requests: 30, clients: 10 }, () => ledger.ask(`${made.url}/`));
    expect(Object.keys(ledger.statuses)).toEqual(['200', '504']);
    // With equal shares every third request would be slow.
    const inARow = async (): Promise<number> => {
      let good = 0;
      while (good < 30 && (await ledger.ask(made.url)).status === 200) good++;
      return good;
    };
    await expect.poll(inARow, PATIENT).toBe(30);
    expect(all.map(({ heard }) => heard.length > 0)).toEqual([false, true, true]);
  });

  it('is aborted at the deadline of each route, the shortest first', async () => {
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

  it('never has more calls in flight than the limit of its service', async () => {
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
          return ledger.responses.filter(response => response === undefined).length;
        },
        { ...PATIENT, interval: 20 },
      )
      .toBe(0);
    await Promise.all([asked, watched]);
    expect(Math.max(...inFlight)).toBe(10);
    expect(wire?.maxOpen).toBeLessThanOrEqual(10);
    expect(Object.keys(ledger.statuses)).toEqual(['503', '504']);
    await expect.poll(() => metric(made.gateway, 'portico_service_in_flight')).toBe(0);
  });
});

describe('when every target fails', () => {
  it('all of them stay in use, and serve as soon as they recover', async () => {
    const ledger = own(new Ledger());
    const all = await machines(4, ledger);
    const made = await gateway(proxying(targets(all, `, balance: 'round-robin'`), { [ANY]: 'retry: false' }));
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
