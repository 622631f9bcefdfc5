import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheTier, TierNews } from '../../../../../src/core/ports/cache-tier.ts';
import { EVERYTHING, NO_LABELS, type Purge, type PurgeTarget } from '../../../../../src/core/purge.ts';
import { type OpenRedis, openRedis } from '../../../../../src/policies/cache/storage/redis/redis.ts';
import { purgeOf, tagged, textsOf } from '../../../../support/labels.ts';
import { noRedis, TestRedis } from '../../../../support/redis.ts';
import { tierContract } from '../../../../workers/tier-contract.ts';

const hard = (...targets: readonly (string | PurgeTarget)[]): Purge => purgeOf('hard', targets);

describe.skipIf(noRedis !== undefined)(`the Redis tier ${noRedis ?? ''}`, () => {
  let redis: TestRedis;
  let news: TierNews[];
  let opened: OpenRedis[];

  beforeEach(async () => {
    redis = await TestRedis.start();
    news = [];
    opened = [];
  });

  afterEach(async () => {
    redis.wake();
    for (const { tier } of opened) await tier.close();
    await redis[Symbol.asyncDispose]();
  });

  const open = (url = redis.url): OpenRedis => {
    const node = openRedis({ url, prefix: 'portico:', listener: each => news.push(each) });
    opened.push(node);
    return node;
  };
  /** Waits until the tier knows the purge epochs. */
  const openReady = async (): Promise<OpenRedis> => {
    const node = open();
    await expect.poll(() => node.tier.purgePosition()).toBeGreaterThan(0);
    return node;
  };
  const keep = (tier: CacheTier, key: string, labels = NO_LABELS): void =>
    tier.set(key, { bytes: Buffer.from(key), labels, purgePosition: tier.purgePosition() }, 60_000);
  const text = async (tier: CacheTier, key: string): Promise<string | undefined> =>
    (await tier.get(key))?.bytes.toString();
  const kept = async (tier: CacheTier, key: string, labels = NO_LABELS): Promise<void> => {
    await expect
      .poll(
        async () => {
          keep(tier, key, labels);
          return text(tier, key);
        },
        { timeout: 10_000 },
      )
      .toBe(key);
  };
  /** The targets that a node receives from the others, in order. */
  const hearing = ({ bus }: OpenRedis): string[] => {
    const heard: string[] = [];
    bus.subscribe(({ purge }) => heard.push(...textsOf(purge)));
    return heard;
  };

  /** Purges as a gateway does: in its own tier and over the bus. */
  const purging = ({ tier, bus }: OpenRedis): CacheTier => ({
    name: tier.name,
    purgePosition: () => tier.purgePosition(),
    get: key => tier.get(key),
    set: (key, record, keepForMs) => tier.set(key, record, keepForMs),
    delete: key => tier.delete(key),
    close: () => tier.close(),
    purge: purge => {
      tier.purge(purge);
      bus.publish({ kind: 'purge', purge });
    },
  });

  tierContract(async () => ({ open: async () => purging(await openReady()), fail: () => redis.kill() }));

  it('waits at most 30 ms for a Redis that hangs, pauses, and uses it again when it recovers', async () => {
    const { tier } = await openReady();
    await kept(tier, 'a');
    redis.hang();
    const asked = performance.now();
    for (let i = 0; i < 50; i++) expect(await tier.get('a')).toBeUndefined();
    expect(performance.now() - asked).toBeLessThan(50 * 30);
    expect(await tier.claim('a', 1_000)).toBe(true);
    redis.wake();
    await expect.poll(() => text(tier, 'a'), { timeout: 5_000 }).toBe('a');
  });

  it('reports the loss and the return of the connection once each', async () => {
    const { tier } = await openReady();
    await redis.kill();
    for (let i = 0; i < 20; i++) {
      expect(await tier.get('a')).toBeUndefined();
      keep(tier, 'a');
    }
    await wait(500);
    expect(news.map(({ state }) => state)).toEqual(['lost']);
    await redis.start();
    await kept(tier, 'a');
    expect(news.map(({ state }) => state)).toEqual(['lost', 'back']);
  });

  it('counts as empty if Redis was never reachable or refuses the login', async () => {
    await redis.command('CONFIG SET requirepass secret');
    const nodes = [open(), open('redis://127.0.0.1:1')];
    for (const { tier } of nodes) {
      keep(tier, 'a');
      tier.purge(hard('a'));
      expect(await tier.get('a')).toBeUndefined();
      expect(await tier.claim('a', 1_000)).toBe(true);
    }
    await expect.poll(() => news.map(({ state }) => state)).toEqual(['lost', 'lost']);
  });

  it('stores for the given time, under its own prefix only', async () => {
    const { tier } = await openReady();
    await kept(tier, 'a');
    const left = Number((await redis.command('PTTL portico:record:3:a')).slice(1));
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
    const keys = (await redis.command('KEYS *')).match(/portico:\S+/g);
    expect(keys?.toSorted()).toEqual(['portico:purges', 'portico:record:3:a']);
    expect(await redis.command('DBSIZE')).toBe(':2\r\n');
  });

  it('lets one process fetch what several miss', async () => {
    const [here, there] = [(await openReady()).tier, (await openReady()).tier];
    expect(await here.claim('a', 60_000)).toBe(true);
    expect(await there.claim('a', 60_000)).toBe(false);
    expect(await there.claim('b', 60_000)).toBe(true);
    there.release('a');
    expect(await there.claim('a', 60_000)).toBe(false);
    here.release('a');
    await expect.poll(() => there.claim('a', 60_000)).toBe(true);
    expect(await here.claim('a', 60_000)).toBe(false);
  });

  describe('as a purge bus', () => {
    it('delivers to the others and not to itself, once', async () => {
      const nodes = await Promise.all([openReady(), openReady(), openReady()]);
      const heard = nodes.map(hearing);
      const purge = hard('product:1', 'product:2');
      if (nodes[0] !== undefined) purging(nodes[0]).purge(purge);
      await expect.poll(() => heard).toEqual([[], textsOf(purge), textsOf(purge)]);
      nodes[1]?.bus.publish({ kind: 'purge', purge: hard('last') });
      await expect.poll(() => heard).toEqual([['last'], textsOf(purge), [...textsOf(purge), 'last']]);
    });

    it('delivers a repeated purge with the same object', async () => {
      const [here, there] = [await openReady(), await openReady()];
      const heard = hearing(there);
      const purge = hard('a');
      purging(here).purge(purge);
      await expect.poll(() => heard).toEqual(['a']);
      purging(here).purge(purge);
      await expect.poll(() => heard).toEqual(['a', 'a']);
    });

    it('does not send a delivered purge back, though every tier receives it', async () => {
      const [here, there] = [await openReady(), await openReady()];
      const heard = hearing(here);
      there.bus.subscribe(({ purge }) => there.tier.purge(purge));
      here.bus.publish({ kind: 'purge', purge: hard('a') });
      here.bus.publish({ kind: 'purge', purge: hard('b') });
      await expect.poll(() => redis.command('ZCARD portico:purges')).toBe(':3\r\n');
      there.bus.publish({ kind: 'purge', purge: hard('c') });
      await expect.poll(() => heard).toEqual(['c']);
    });

    it('applies a purge of another process of its host at once and does not send it', async () => {
      const { tier } = await openReady();
      await kept(tier, 'a', tagged('product:1'));
      const purge = hard('product:1');
      tier.purge(purge);
      expect(await tier.get('a')).toBeUndefined();
      expect(await redis.command('ZCARD portico:purges')).toBe(':1\r\n');
    });

    it('delivers what was missed while the connection was down', async () => {
      const [here, there] = [await openReady(), await openReady()];
      const heard = hearing(there);
      await kept(there.tier, 'a', tagged('product:1'));
      await redis.command('CLIENT KILL TYPE pubsub');
      await redis.command('CLIENT KILL TYPE normal');
      here.bus.publish({ kind: 'purge', purge: hard('product:1') });
      await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['product:1']);
      expect(await there.tier.get('a')).toBeUndefined();
    });

    it('keeps purges made while Redis was away and sends them before anything is read', async () => {
      const [here, there] = [await openReady(), await openReady()];
      const heard = hearing(there);
      await redis.kill();
      for (let i = 0; i < 5; i++) purging(here).purge(hard(`product:${i}`));
      await redis.start();
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual([0, 1, 2, 3, 4].map(i => `product:${i}`));
    });

    it('purges everything if more was purged than it keeps', async () => {
      const [here, there] = [await openReady(), await openReady()];
      const heard = hearing(there);
      await redis.kill();
      for (let i = 0; i < 5_500; i++) purging(here).purge(hard(`product:${i}`));
      await redis.start();
      await expect.poll(() => heard[0], { timeout: 10_000 }).toBe(JSON.stringify(EVERYTHING));
    });

    it('sends purges again whose log Redis lost, to those that missed them', async () => {
      const here = await openReady();
      purging(here).purge(hard('product:1'));
      await expect.poll(() => redis.command('ZCARD portico:purges')).toBe(':2\r\n');
      await redis.kill();
      await redis.start();
      const later = open();
      const heard = hearing(later);
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['product:1']);
    });

    it('limits its log and still delivers what it trimmed', async () => {
      const node = await openReady();
      const tier = purging(node);
      await kept(tier, 'a', tagged('product:1'));
      for (const [first, held] of [
        [0, 4_001],
        [4_000, 8_001],
        [8_000, 10_001],
      ] as const) {
        for (let i = first; i < first + 4_000; i++) tier.purge(hard(`other ${i}`));
        await expect.poll(() => redis.command('ZCARD portico:purges'), { timeout: 20_000 }).toBe(`:${held}\r\n`);
      }
      expect(await tier.get('a')).toBeUndefined();
      await kept(tier, 'a', tagged('product:1'));
      const later = await openReady();
      await expect.poll(() => text(later.tier, 'a')).toBe('a');
    });
  });

  it('never returns on a node what was purged there, at any rate', async () => {
    const { tier } = await openReady();
    for (let i = 0; i < 200; i++) {
      keep(tier, 'a', tagged('product:1'));
      if (i % 2 === 0) await tier.get('a');
      tier.purge(hard('product:1'));
      expect(await tier.get('a')).toBeUndefined();
    }
  });
});
