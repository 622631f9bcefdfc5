import { describe, expect, it } from 'vitest';
import { Ledger } from '../support/ledger.ts';
import { load } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

describe('500 on one route only', () => {
  it('opens the circuit of that route; every other request succeeds', async () => {
    const ledger = own(new Ledger());
    const asked: string[] = [];
    const { url } = await backend((req, res) => {
      asked.push(req.url ?? '');
      res.writeHead(req.url === '/sick' ? 500 : 200).end('answered');
    });
    const breaker = 'breaker: { minRequests: 5 }';
    const routes = { 'sick.ts': breaker, 'well.ts': breaker, 'plain.ts': '' };
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, routes));
    const paths = ['sick', 'well', 'plain'];
    await load({ requests: 300, clients: 6 }, number => ledger.ask(`${made.url}/${paths[number % 3]}`));
    expect(ledger.statuses[200]).toBe(200);
    const states = made.gateway.breakers().map(({ site, state }) => [site, state]);
    expect(Object.fromEntries(states)).toEqual({ '/sick': 'open', '/well': 'closed' });
    // As many as were in flight when the circuit opened.
    expect(asked.filter(path => path === '/sick').length).toBeLessThan(20);
    expect(ledger.statuses[503]).toBeGreaterThan(80);
  });
});

describe('a total outage', () => {
  const outage = async (routes: Readonly<Record<string, string>>) => {
    const ledger = own(new Ledger());
    let isDown = false;
    const all = await Promise.all(
      [1, 2, 3].map(() =>
        backend((req, res) => {
          ledger.executed(req);
          res.writeHead(isDown ? 503 : 200).end('fresh');
        }),
      ),
    );
    const targets = JSON.stringify(all.map(({ url }) => url));
    const made = await gateway(proxying(`{ targets: ${targets}, concurrency: false }`, routes));
    const fall = (): void => {
      isDown = true;
    };
    return { ledger, made, fall };
  };

  it('causes at most 1.2 times the load, where every call may be sent three times', async () => {
    const { ledger, made, fall } = await outage({ 'thrice.ts': 'retry: { attempts: 3 }' });
    fall();
    await load({ requests: 2_000, clients: 10 }, () => ledger.ask(`${made.url}/thrice`));
    expect(ledger.statuses).toEqual({ 503: 2_000 });
    expect(ledger.attemptsPerRequest).toBeGreaterThan(1);
    expect(ledger.attemptsPerRequest).toBeLessThanOrEqual(1.2);
    expect(await metric(made.gateway, 'portico_service_retries_total', { result: 'refused' })).toBeGreaterThan(0);
  });

  it('leaves stored responses and fallbacks where they are declared', async () => {
    const { ledger, made, fall } = await outage({
      'stale.get.ts': `cache: { ttl: '1ms', staleIfError: '1h' }, breaker: { minRequests: 5 }`,
      'fallback.get.ts': `fallback: { said: 'instead' }, breaker: { minRequests: 5 }`,
      'plain.get.ts': '',
    });
    const ask = async (path: string): Promise<string> => {
      const { status, body } = await ledger.ask(`${made.url}${path}`);
      return `${status} ${body}`;
    };
    expect(await ask('/stale')).toBe('200 fresh');
    fall();
    // Before the circuits open and after.
    for (let i = 0; i < 20; i++) {
      expect(await ask('/stale')).toBe('200 fresh');
      expect(await ask('/fallback')).toBe('200 {"said":"instead"}');
      expect(await ask('/plain')).toMatch(/^503 /);
    }
    expect(made.gateway.breakers().map(({ state }) => state)).toEqual(['open', 'open']);
  });
});
