import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus, BusEvent } from '../../../../src/core/ports/bus.ts';
import { systemClock } from '../../../../src/core/ports/clock.ts';
import { tagTarget } from '../../../../src/core/purge.ts';
import { createGateway } from '../../../../src/gateway.ts';
import { openStorage } from '../../../../src/policies/cache/storage/open-storage.ts';
import { route } from '../../../support/gateway.ts';
import { textsOf } from '../../../support/labels.ts';
import { noRedis, TestRedis } from '../../../support/redis.ts';
import { testResources } from '../../../support/resources.ts';

const { backend, gateway, own } = testResources();

const surroundings = (env: Readonly<Record<string, string>> = {}, bus?: Bus) => ({
  dir: '/nowhere',
  clock: systemClock,
  listener: () => {},
  bus,
  env,
});

describe('the stores of a gateway', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are absent without configuration', async () => {
    expect(await openStorage({}, surroundings({ REDIS_URL: '' }))).toEqual({
      tiers: [],
      bus: undefined,
      inFlightFetches: undefined,
    });
    expect((await openStorage(undefined, surroundings({ REDIS_URL: 'redis://a' }))).tiers).toEqual([]);
  });

  it('are queried nearest first, with Redis from the environment', async () => {
    const redis = { url: 'redis://127.0.0.1:1', singleFlight: true };
    const open = await openStorage(
      { disk: '/dev/null/cache.db', redis },
      surroundings({ REDIS_URL: 'redis://127.0.0.1:2' }),
    );
    expect(open.tiers.map(({ name }) => name)).toEqual(['disk', 'redis']);
    expect(open.lock).toBe(open.tiers[1]);
    for (const tier of open.tiers) await tier.close();
    await expect(openStorage({}, surroundings({ REDIS_URL: 'nonsense' }))).rejects.toThrow(
      /REDIS_URL must be redis:\/\//,
    );
  });

  it('are opened as configured, and not for a command that only lists routes', async () => {
    const files = {
      'routes/hello.get.ts': route(`'/hello', { handler: () => 'hello' }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ cache: { disk: 'var/cache.db' } });`,
    };
    const { project } = await gateway(files);
    const file = join(project.dir, 'var/cache.db');
    await expect.poll(() => existsSync(file), { timeout: 5_000 }).toBe(true);
    const { project: looked } = await gateway(files, { stores: false });
    const again = await createGateway({ dir: looked.dir, logLevel: 'silent', stores: false });
    await again.close();
    expect(existsSync(join(looked.dir, 'var'))).toBe(false);
  });
});

describe.skipIf(noRedis !== undefined)(`several hosts ${noRedis ?? ''}`, () => {
  let redis: TestRedis;

  beforeEach(async () => {
    redis = own(await TestRedis.start());
  });

  const config = () =>
    `import { defineGateway } from 'portico';\nexport default defineGateway({ cache: { redis: '${redis.url}' } });`;
  const targets = async (url: string) => {
    const files = {
      'portico.config.ts': config(),
      'routes/cart.get.ts': route(`'/cart', { proxy: '${url}', cache: { ttl: '10m', tags: ['cart'] } }`),
      'routes/cart/items.post.ts': route(`'/cart/items', { proxy: '${url}', purges: ['cart'] }`),
    };
    return [await gateway(files), await gateway(files)] as const;
  };
  const subscribers = async () => (await redis.command('PUBSUB NUMSUB portico:purged')).match(/:(\d+)/)?.[1];

  it('receive each other’s purges and fail no request while Redis is down', async () => {
    let version = 1;
    const shop = await backend((req, res) => {
      if (req.method === 'POST') version++;
      res.end(`v${version}`);
    });
    const [here, there] = await targets(shop.url);
    await expect.poll(subscribers).toBe('2');
    const read = async ({ url }: { url: string }) => {
      const response = await fetch(`${url}/cart`);
      expect(response.status).toBe(200);
      return response.text();
    };
    const write = async () => expect((await fetch(`${here.url}/cart/items`, { method: 'POST' })).status).toBe(200);
    expect([await read(here), await read(there)]).toEqual(['v1', 'v1']);
    await write();
    expect(await read(here)).toBe('v2');
    await expect.poll(() => read(there)).toBe('v2');
    await redis.kill();
    await write();
    expect(await read(here)).toBe('v3');
    expect(await read(there)).toBe('v2');
    await redis.start();
    await expect.poll(() => read(there), { timeout: 10_000 }).toBe('v3');
  });

  it('pass each purge on once, to their own processes and to the other hosts', async () => {
    const published: BusEvent[] = [];
    let say: (event: BusEvent) => void = () => {};
    const siblings: Bus = {
      publish: event => published.push(event),
      subscribe: listener => {
        say = listener;
      },
    };
    const env = { REDIS_URL: redis.url };
    const here = await openStorage({}, surroundings(env, siblings));
    const heard: string[] = [];
    here.bus?.subscribe(({ purge }) => heard.push(...textsOf(purge)));
    await expect.poll(subscribers).toBe('1');
    here.bus?.publish({ kind: 'purge', purge: { kind: 'hard', targets: [tagTarget('from here')] } });
    say({ kind: 'purge', purge: { kind: 'hard', targets: [tagTarget('from a sibling')] } });
    say({ kind: 'purge', purge: { kind: 'hard', targets: [tagTarget('from an operator')] }, relay: true });
    expect(published).toHaveLength(1);
    expect(heard).toEqual(['from a sibling', 'from an operator']);
    // The mark of the trimmed part, the purges of this process, and those it received.
    await expect.poll(() => redis.command('ZCARD portico:purges')).toBe(':3\r\n');
    for (const tier of here.tiers) await tier.close();
  });
});
