import { describe, expect, it } from 'vitest';
import { type Fault, FaultProxy, NO_FAULT } from '../support/fault-proxy.ts';
import { route } from '../support/gateway.ts';
import { Ledger } from '../support/ledger.ts';
import { load } from '../support/load.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

// A Redis that dies or hangs under load is tested in test/policies/cache/storage/redis/outage.test.ts.
describe.skipIf(noRedis !== undefined)(`a Redis behind a network fault ${noRedis ?? ''}`, () => {
  const FAULTS: readonly Fault[] = [
    { kind: 'latency', ms: 2_000, jitterMs: 200 },
    { kind: 'blackhole' },
    { kind: 'reset', afterBytes: 100 },
    { kind: 'truncate', afterBytes: 100 },
    { kind: 'throttle', bytesPerSecond: 200 },
  ];

  it.each(FAULTS)('fails no request and is used again: %j', async fault => {
    const redis = own(await TestRedis.start());
    const wire = own(await FaultProxy.start(redis.url.replace('redis:', 'tcp:')));
    let asked = 0;
    const shop = await backend((req, res) => {
      asked++;
      res.writeHead(200, { 'Cache-Control': 'max-age=600' }).end(`answer to ${req.url}`);
    });
    const target = (url: string) =>
      gateway({
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({ cache: { redis: '${url}' } });\n`,
        'routes/items/[id].get.ts': route(`'/items/[id]', { proxy: '${shop.url}', cache: {} }`),
      });
    const [here, there] = [await target(wire.url.replace('tcp:', 'redis:')), await target(redis.url)];
    const ledger = own(new Ledger());
    const ask = async ({ url }: { readonly url: string }, item: string) => {
      // The cache key covers the host.
      const headers = { Host: 'shop.test' };
      const { body, headers: said } = await ledger.ask(`${url}/items/${item}`, { headers });
      expect(body).toBe(`answer to /items/${item}`);
      return String(said['cache-status']);
    };
    /** Stores at one gateway what the other one then serves. */
    let items = 0;
    const isShared = async (): Promise<boolean> => {
      const item = `shared-${items++}`;
      await ask(here, item);
      const before = asked;
      return (await ask(there, item)).includes('hit') && asked === before;
    };
    await expect.poll(isShared, { timeout: 10_000 }).toBe(true);

    await wire.become(fault);
    await load({ requests: 200, clients: 10 }, number => ask(here, `${number % 50}`));
    // Responses in memory are served as before.
    expect(await ask(here, '7')).toContain('hit');
    await wire.become(NO_FAULT);
    await expect.poll(isShared, { timeout: 20_000 }).toBe(true);
    expect(ledger.failedIdempotent).toEqual([]);
  });
});
