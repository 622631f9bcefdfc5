import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendProcess } from '../support/backend-process.ts';
import { type FrontProgram, FrontServer, HAPROXY, NGINX } from '../support/front-server.ts';
import { askShop, recordsIn } from '../support/hosts.ts';
import { IdempotentLoad } from '../support/idempotent-load.ts';
import { runPortico } from '../support/portico-process.ts';
import { DEPLOY, ProjectGateway } from '../support/project-gateway.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { testResources } from '../support/resources.ts';

const PRODUCTS = fileURLToPath(new URL('../support/processes/product-server.ts', import.meta.url));
const MAX_POLLS = 400;
const { own } = testResources();

describe.skipIf(noRedis !== undefined)(`three gateways on one Redis ${noRedis ?? ''}`, () => {
  let dir = '';
  let redis: TestRedis;
  let app: BackendProcess;
  let gateways: readonly [ProjectGateway, ProjectGateway, ProjectGateway];

  const listeners = () => redis.command('PUBSUB NUMSUB portico:purged');

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-deploy-'));
    redis = own(await TestRedis.start(join(DEPLOY, 'cluster/redis.conf')));
    app = own(await BackendProcess.start(join(dir, 'ledger'), PRODUCTS));
    const start = async () => own(await ProjectGateway.start({ env: { APP_TARGETS: app.url, REDIS_URL: redis.url } }));
    gateways = [await start(), await start(), await start()];
    await expect.poll(listeners).toContain(':3\r\n');
  });

  afterEach(() => rm(dir, { recursive: true }));

  const frontOf = (program: FrontProgram) => {
    const [first, second, third] = gateways;
    const variables = { GATEWAY_1: first.address, GATEWAY_2: second.address, GATEWAY_3: third.address };
    return FrontServer.start(program, join(DEPLOY, 'cluster'), variables);
  };
  const pathOf = (id: number) => `/api/products/${id}`;
  const bodies = async (id: number) =>
    (await Promise.all(gateways.map(gateway => askShop(gateway, pathOf(id))))).map(({ body }) => body);
  const purgeAt = ({ adminPort }: ProjectGateway, id: number) =>
    runPortico(['purge', '--tag', `product:${id}`, '--admin-port', String(adminPort)]);

  /** The response that the first one stores in Redis is that of all. @returns it. */
  async function shared(id: number): Promise<string> {
    const before = await recordsIn(redis);
    const { body } = await askShop(gateways[0], pathOf(id));
    await expect.poll(() => recordsIn(redis)).toBeGreaterThan(before);
    expect(new Set(await bodies(id))).toEqual(new Set([body]));
    return body;
  }

  /** Polls until no gateway has the old response. */
  async function untilGone(id: number, old: string): Promise<void> {
    const since = performance.now();
    let polls = 0;
    while ((await bodies(id)).includes(old) && ++polls < MAX_POLLS) await wait(5);
    console.info(`a purge was seen by all after ${polls} polls, ${Math.round(performance.now() - since)} ms`);
    expect(polls).toBeLessThan(MAX_POLLS);
  }

  it('share what one of them stored, and a purge at one is seen by all', async () => {
    for (const [id, gateway] of gateways.entries()) {
      const old = await shared(id);
      expect(await purgeAt(gateway, id)).toMatchObject({ code: 0 });
      await untilGone(id, old);
    }
  });

  it('go on while Redis is dead, and share and purge again once it is back', async () => {
    const [first, second, third] = gateways;
    const old = await shared(100);
    const load = new IdempotentLoad(second);
    await load.more(50);
    await redis.kill();
    // At the gateway of the order it takes effect at once, at the others when Redis is back.
    expect(await purgeAt(third, 100)).toMatchObject({ code: 0 });
    expect((await askShop(third, pathOf(100))).body).not.toBe(old);
    expect((await askShop(first, pathOf(100))).body).toBe(old);
    await load.more(150);
    await redis.start();
    await load.more(50);
    await load.stop();
    expect(load.failures).toEqual([]);

    await expect.poll(listeners, { timeout: 20_000 }).toContain(':3\r\n');
    await untilGone(100, old);
    const anew = await shared(101);
    expect(await purgeAt(first, 101)).toMatchObject({ code: 0 });
    await untilGone(101, anew);
  }, 60_000);

  describe.each([HAPROXY, NGINX])('behind $name', program => {
    const HELD = 9;

    /** Requests that the backend has and does not respond to, at all three gateways. */
    async function held(method: string): Promise<readonly Promise<number>[]> {
      const front = own(await frontOf(program));
      const requests = Array.from({ length: HELD }, async (_, i) => {
        return (await askShop(front, `/held/${method}/${i}`, { method })).status;
      });
      await expect.poll(() => executed(method)).toHaveLength(HELD);
      return requests;
    }

    const executed = async (method: string) =>
      (await app.executed()).filter(({ what }) => what.startsWith(`${method} `));

    it.skipIf(program.missing !== undefined)(
      `send a POST of a killed one to no other, and a PUT to another ${program.missing ?? ''}`,
      async () => {
        const posts = await held('POST');
        await gateways[0].kill();
        // One that is lost fails at once, and the others wait for the backend.
        expect(await Promise.race(posts)).toBe(502);
        await fetch(`${app.url}/release`);
        const statuses = await Promise.all(posts);
        expect(new Set(statuses)).toEqual(new Set([200, 502]));
        expect(await executed('POST')).toHaveLength(HELD);
        await gateways[0].restart();

        const puts = await held('PUT');
        await gateways[1].kill();
        await expect.poll(async () => (await executed('PUT')).length).toBeGreaterThan(HELD);
        let left = HELD;
        for (const put of puts) void put.then(() => left--);
        const released = async () => {
          await fetch(`${app.url}/release`);
          return left;
        };
        await expect.poll(released).toBe(0);
        expect(new Set(await Promise.all(puts))).toEqual(new Set([200]));
      },
      60_000,
    );

    it.skipIf(program.missing !== undefined)(
      `lose one to a kill and one to a drain under load, and no request fails ${program.missing ?? ''}`,
      async () => {
        const [first, second] = gateways;
        const front = own(await frontOf(program));
        const load = new IdempotentLoad(front);
        await load.more(200);
        await first.kill();
        await load.more(300);
        expect(await second.drain()).toMatchObject({ code: 0 });
        await load.more(200);
        await first.restart();
        await expect.poll(() => first.served(), { timeout: 20_000 }).toBeGreaterThan(10);
        await load.more(100);
        await load.stop();
        expect(load.failures).toEqual([]);
      },
      60_000,
    );
  });
});
