import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runPortico } from '../support/command.ts';
import { Ledger } from '../support/ledger.ts';
import { load, offered } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { createProject } from '../support/project.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';
import { slots } from '../support/slots.ts';

const { own, backend, gateway } = testResources();

describe('targets that become three times as slow', () => {
  it('without overload get every call', async () => {
    let ms = 10;
    const takes = Array.from({ length: 3 }, () => slots(8, () => ms));
    const all = await Promise.all(takes.map(take => backend((_req, res) => take(() => res.end('ok')))));
    const targets = JSON.stringify(all.map(({ url }) => url));
    const made = await gateway(proxying(`{ targets: ${targets} }`, { '[[...path]].ts': '' }));
    const ledger = own(new Ledger());
    for (const each of [10, 30, 10, 30]) {
      ms = each;
      await load({ requests: 200, clients: 9 }, () => ledger.ask(made.url));
    }
    expect(ledger.statuses).toEqual({ 200: 800 });
    expect(await metric(made.gateway, 'portico_service_shed_total')).toBe(0);
    expect(await metric(made.gateway, 'portico_breaker_opened_total')).toBe(0);
  });
});

describe('ten times the usual load', () => {
  /** 8 slots of 100 ms handle 80 calls per second. */
  const NORMAL = { perSecond: 32, seconds: 4 };
  const SPIKE = { perSecond: 320, seconds: 7 };
  const behind = async (concurrency: string) => {
    const take = slots(8, () => 100);
    const { url } = await backend((_req, res) => take(() => res.end('ok')));
    const service = `{ targets: ['${url}'], concurrency: ${concurrency} }`;
    const made = await gateway(proxying(service, { '[[...path]].ts': `timeout: '500ms'` }));
    const ledger = own(new Ledger());
    const ask = () => ledger.ask(made.url);
    await offered(NORMAL, ask);
    const good = await offered(SPIKE, ask);
    await expect.poll(() => metric(made.gateway, 'portico_service_in_flight'), { timeout: 10_000 }).toBe(0);
    const afterwards: number[] = [];
    for (let i = 0; i < 8; i++) afterwards.push((await ask()).status);
    return { good, afterwards };
  };

  it('keeps its goodput with a limit and recovers at once; without one it collapses', async () => {
    const limited = await behind(`'adaptive'`);
    const control = await behind('false');
    expect(limited.good).toBeGreaterThan(2 * control.good);
    expect(limited.afterwards).toEqual(Array(8).fill(200));
    // Its backend still works for clients that have disconnected.
    expect(control.afterwards).toContain(504);
  });
});

describe('an event loop that is blocked', () => {
  const SPIN_MS = 600;
  /** An event loop that is late at every turn. */
  const TURNS = 15;
  const TURN_MS = 200;
  const CROWD = 12;

  /** A gateway process that can be blocked, and its backend. */
  const stalling = async () => {
    const held: (() => void)[] = [];
    const spinning: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      if (req.url === '/spinning') spinning.push(() => res.end());
      else if (req.url === '/critical/held' || req.url === '/tight') held.push(() => res.end('held'));
      else res.end('ok');
    });
    const files = proxying(`{ targets: ['${url}'] }`, {
      'critical/[[...path]].ts': `priority: 'critical'`,
      'bulk.ts': `priority: 'bulk'`,
      'tight.ts': `priority: 'critical', timeout: '400ms', breaker: { minRequests: 5 }`,
    });
    const spinningRoute = ({ turns, ms }: { readonly turns: number; readonly ms: number }): string => `
import { defineRoute } from 'portico';
export default defineRoute({ handler: async () => {
  await (await fetch('${url}/spinning')).text();
  for (let turn = 0; turn < ${turns}; turn++) {
    const end = performance.now() + ${ms};
    while (performance.now() < end);
    await new Promise(setImmediate);
  }
  return 'spun';
} });
`;
    const project = own(
      await createProject({
        ...files,
        'routes/spin.get.ts': spinningRoute({ turns: 1, ms: SPIN_MS }),
        'routes/slow-turns.get.ts': spinningRoute({ turns: TURNS, ms: TURN_MS }),
      }),
    );
    const portico = own(await runPortico(['start', '--dir', project.dir]));
    const ledger = own(new Ledger());
    const ask = async (path: string): Promise<number> => (await ledger.ask(`${portico.url}${path}`)).status;
    /** Resolves so many milliseconds after the event loop was blocked, or just before. */
    const spin = async (path: string, ms: number) => {
      const spun = ask(path);
      await expect.poll(() => spinning.length, { interval: 5 }).toBe(1);
      spinning.pop()?.();
      await delay(ms);
      return { spun };
    };
    const release = (): void => {
      for (const response of held.splice(0)) response();
    };
    return { ask, spin, held, release, portico };
  };

  it('again and again rejects the lower priorities first under load, and recovers', async () => {
    const { ask, spin, held, release } = await stalling();
    const crowd = Array.from({ length: CROWD }, () => ask('/critical/held'));
    await expect.poll(() => held.length).toBe(CROWD);
    const meanwhile = async (): Promise<readonly number[]> => {
      const { spun } = await spin('/slow-turns', 5 * TURN_MS);
      const statuses = await Promise.all([ask('/bulk'), ask('/critical')]);
      expect(await spun).toBe(200);
      return statuses;
    };
    // Again if they did not arrive during the block.
    await expect.poll(meanwhile, { timeout: 15_000 }).toEqual([503, 200]);
    release();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([200]));
    await expect.poll(() => ask('/bulk')).toBe(200);
  });

  it('once rejects no request', async () => {
    const { ask, spin, held, release } = await stalling();
    const crowd = Array.from({ length: CROWD }, () => ask('/critical/held'));
    await expect.poll(() => held.length).toBe(CROWD);
    const { spun } = await spin('/spin', SPIN_MS / 6);
    expect(await Promise.all([ask('/bulk'), ask('/critical'), spun])).toEqual([200, 200, 200]);
    release();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([200]));
  });

  it('opens no circuit: responses that waited meanwhile are not failures of the backend', async () => {
    const { ask, spin, held, release, portico } = await stalling();
    const asked = Array.from({ length: CROWD }, () => ask('/tight'));
    await expect.poll(() => held.length, { interval: 5 }).toBe(CROWD);
    const { spun } = await spin('/spin', SPIN_MS / 6);
    release();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    expect(await spun).toBe(200);
    const metrics = await (await fetch(`${portico.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^portico_breaker_opened_total\{[^}]*\} 0$/m);
    expect(metrics).not.toMatch(/^portico_breaker_opened_total\{[^}]*\} [1-9]/m);
  });
});
