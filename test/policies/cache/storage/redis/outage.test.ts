import { beforeEach, describe, expect, it } from 'vitest';
import { Chance } from '../../../../support/chance.ts';
import { route, type TestGateway } from '../../../../support/gateway.ts';
import { askShop, recordsIn, sharing, startMachines } from '../../../../support/hosts.ts';
import { noRedis, TestRedis } from '../../../../support/redis.ts';
import { testResources } from '../../../../support/resources.ts';

const CLIENTS = 20;
const REQUESTS = 2_000;

const resources = testResources();

describe.skipIf(noRedis !== undefined)(`Redis under the load of two hosts ${noRedis ?? ''}`, () => {
  let redis: TestRedis;
  let asked: string[];
  let targets: readonly TestGateway[];

  beforeEach(async () => {
    redis = resources.own(await TestRedis.start());
    asked = [];
    const shop = await resources.backend((req, res) => {
      asked.push(req.url ?? '');
      res.writeHead(200, { 'Cache-Control': 'max-age=600' }).end(`answer to ${req.url}`);
    });
    const files = {
      'portico.config.ts': sharing(redis),
      'routes/items/[id].get.ts': route(`'/items/[id]', { proxy: '${shop.url}', cache: {} }`),
    };
    targets = await startMachines(2, files, resources, redis);
  });

  const target = (i: number): TestGateway => {
    const [first, second] = targets;
    if (first === undefined || second === undefined) throw new Error('there are two');
    return i % 2 === 0 ? first : second;
  };

  /** Clients that send one request after the other; `at` gets the number of requests before each. */
  const load = async (at: (count: number) => void): Promise<readonly string[]> => {
    const luck = new Chance(7);
    const failures: string[] = [];
    let count = 0;
    const client = async (): Promise<void> => {
      while (count < REQUESTS) {
        at(count);
        const path = `/items/${luck.upTo(800)}`;
        const { status, body } = await askShop(target(count++), path).catch(error => ({
          status: 0,
          body: String(error),
        }));
        if (status !== 200 || body !== `answer to ${path}`) failures.push(`${path}: ${status} ${body}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return failures;
  };

  /** Whether the other host serves a response that one host stored. */
  const isShared = async (item: string): Promise<boolean> => {
    await askShop(target(0), item);
    const before = asked.length;
    const { cache } = await askShop(target(1), item);
    return cache.includes('hit') && asked.length === before;
  };
  let items = 0;
  const comesBack = () => expect.poll(() => isShared(`/items/back-${items++}`), { timeout: 20_000 }).toBe(true);

  it('fails no request when it is killed and is used again after its restart', async () => {
    let wasUsed = 0;
    const failures = await load(count => {
      if (count === REQUESTS / 4) void recordsIn(redis).then(records => (wasUsed = records));
      if (count === REQUESTS / 2) void redis.kill();
    });
    expect(failures).toEqual([]);
    expect(wasUsed).toBeGreaterThan(0);
    await redis.start();
    await comesBack();
    expect(await recordsIn(redis)).toBeGreaterThan(0);
  });

  it('fails and delays no request when it hangs and is used again after it wakes up', async () => {
    const begun = performance.now();
    const failures = await load(count => {
      if (count === REQUESTS / 2) redis.hang();
    });
    expect(failures).toEqual([]);
    // If each of them waited for the time limit of a tier, it would take half a minute.
    expect(performance.now() - begun).toBeLessThan(20_000);
    redis.wake();
    await comesBack();
  });

  it('delays no response that both hosts have in memory while it hangs', async () => {
    await askShop(target(0), '/items/1');
    await askShop(target(1), '/items/1');
    redis.hang();
    for (let i = 0; i < 50; i++) expect((await askShop(target(i), '/items/1')).cache).toContain('hit');
    redis.wake();
  });
});
