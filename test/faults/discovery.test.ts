import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { DnsResolver } from '../../src/service/discovery/dns-resolver.ts';
import { TestDnsServer } from '../support/dns-server.ts';
import { Ledger } from '../support/ledger.ts';
import { SteadyLoad } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { portOf } from '../support/port.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

const PATIENT = { timeout: 10_000 };
const ANY = '[[...path]].ts';

/** Listens at another loopback address, on a given port if there is one. */
async function at(host: string, port: number) {
  let asked = 0;
  const server = createServer((_req, res) => {
    asked++;
    res.end(host);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  own({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  });
  return { port: portOf(server), asked: () => asked };
}

// Name resolution itself is tested in test/e2e/discovery.test.ts.
describe('DNS under load', () => {
  it('that returns other targets, no targets or nothing fails no request', async () => {
    const name = 'catalog.internal';
    const dns = own(await TestDnsServer.start());
    const one = await at('127.0.0.1', 0);
    const two = await at('127.0.0.2', one.port);
    dns.records.set(name, [{ data: '127.0.0.1' }]);
    const service = `{ targets: { dns: '${name}:${one.port}' }, slowStart: false }`;
    const made = await gateway(proxying(service, { [ANY]: '' }), { resolver: new DnsResolver([dns.address]) });
    const ledger = own(new Ledger());
    const traffic = new SteadyLoad(4, () => ledger.ask(made.url));
    await expect.poll(one.asked, PATIENT).toBeGreaterThan(20);
    expect(two.asked()).toBe(0);

    dns.records.set(name, [{ data: '127.0.0.2' }]);
    await expect.poll(two.asked, PATIENT).toBeGreaterThan(20);
    const left = one.asked();
    const lookups = dns.asked.length;
    dns.records.set(name, []);
    await expect.poll(() => dns.asked.length, PATIENT).toBeGreaterThan(lookups + 1);
    dns.hangs = true;
    const before = two.asked();
    await expect.poll(two.asked, PATIENT).toBeGreaterThan(before + 50);
    await traffic.stop();
    expect(ledger.failedIdempotent).toEqual([]);
    // Calls that were in flight when it was removed.
    expect(one.asked() - left).toBeLessThanOrEqual(4);
  });
});

describe('health checks', () => {
  const HEALTH = `health: { path: '/healthz', interval: '50ms', timeout: '500ms' }, slowStart: false`;
  const state = (made: Awaited<ReturnType<typeof gateway>>, name: string) =>
    metric(made.gateway, 'portico_service_targets', { state: name });

  it('do not prevent the ejection of a target that passes them and fails every call', async () => {
    const sick = await backend((req, res) => res.writeHead(req.url === '/healthz' ? 200 : 503).end());
    const well = await backend((_req, res) => res.end('well'));
    const service = `{ targets: ['${sick.url}', '${well.url}'], balance: 'round-robin', ${HEALTH} }`;
    const made = await gateway(proxying(service, { [ANY]: '' }));
    const ledger = own(new Ledger());
    const inARow = async (): Promise<number> => {
      let good = 0;
      while (good < 20 && (await ledger.ask(made.url)).status === 200) good++;
      return good;
    };
    await expect.poll(inARow, PATIENT).toBe(20);
    expect(await metric(made.gateway, 'portico_service_ejections_total')).toBeGreaterThan(0);
  });

  it('that fail for all targets leave all of them in use', async () => {
    const heard = [0, 0, 0];
    const all = await Promise.all(
      heard.map((_, number) =>
        backend((req, res) => {
          if (req.url === '/healthz') res.statusCode = 503;
          else heard[number] = (heard[number] ?? 0) + 1;
          res.end();
        }),
      ),
    );
    const targets = JSON.stringify(all.map(({ url }) => url));
    const made = await gateway(proxying(`{ targets: ${targets}, ${HEALTH} }`, { [ANY]: '' }));
    await expect.poll(() => state(made, 'unhealthy'), PATIENT).toBe(3);
    const ledger = own(new Ledger());
    for (let i = 0; i < 60; i++) await ledger.ask(made.url);
    expect(ledger.failedIdempotent).toEqual([]);
    expect(heard.map(count => count > 0)).toEqual([true, true, true]);
  });
});
