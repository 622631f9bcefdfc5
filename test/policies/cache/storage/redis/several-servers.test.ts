import { afterEach, describe, expect, it } from 'vitest';
import type { TierNews } from '../../../../../src/core/ports/cache-tier.ts';
import { NO_LABELS } from '../../../../../src/core/purge.ts';
import { inspectRedis } from '../../../../../src/policies/cache/storage/redis/inspect.ts';
import { type OpenRedis, openRedis } from '../../../../../src/policies/cache/storage/redis/redis.ts';
import { purgeOf, tagged, textsOf } from '../../../../support/labels.ts';
import { noRedis, TestRedis } from '../../../../support/redis.ts';
import { TestRedisCluster, TestSentinels } from '../../../../support/redis-cluster.ts';
import { testResources } from '../../../../support/resources.ts';

const LIFE = { idleMs: 60_000, maxMs: 600_000 };
const FAILOVER = { timeout: 40_000, interval: 50 };
const { own } = testResources();
const opened: OpenRedis[] = [];

afterEach(async () => {
  for (const { tier } of opened.splice(0)) await tier.close();
});

async function openNode(url: string, news: TierNews[] = []): Promise<OpenRedis> {
  const node = openRedis({ url, prefix: 'portico:', listener: each => news.push(each) });
  opened.push(node);
  await expect.poll(() => node.tier.purgePosition(), { timeout: 10_000 }).toBeGreaterThan(0);
  return node;
}

function keep({ tier }: OpenRedis, key: string, labels = NO_LABELS): void {
  tier.set(key, { bytes: Buffer.from(key), labels, purgePosition: tier.purgePosition() }, 60_000);
}

const text = async ({ tier }: OpenRedis, key: string) => (await tier.get(key))?.bytes.toString();

/** Stores at one host until another one reads it. */
async function shared(from: OpenRedis, to: OpenRedis, key: string, labels = NO_LABELS): Promise<void> {
  const read = () => {
    keep(from, key, labels);
    return text(to, key);
  };
  await expect.poll(read, FAILOVER).toBe(key);
}

function hearing({ bus }: OpenRedis): string[] {
  const heard: string[] = [];
  bus.subscribe(({ purge }) => heard.push(...textsOf(purge)));
  return heard;
}

/** Each command that is used, between two hosts. */
async function everything(here: OpenRedis, there: OpenRedis): Promise<void> {
  const heard = hearing(there);
  await shared(here, there, 'lamp', tagged('lamps'));
  here.bus.publish({ kind: 'purge', purge: purgeOf('hard', ['lamps']) });
  await expect.poll(() => heard).toEqual(['lamps']);
  await expect.poll(() => text(there, 'lamp')).toBeUndefined();
  here.tier.delete('lamp');

  expect([await here.tier.claim('a', 60_000), await there.tier.claim('a', 60_000)]).toEqual([true, false]);
  here.tier.release('a');
  await expect.poll(() => there.tier.claim('a', 60_000)).toBe(true);

  const quota = { id: 'signups', intervalMs: 60_000, burst: 2 };
  const takes = [await here.rates.take(quota, 'ada'), await there.rates.take(quota, 'ada')];
  expect(takes.map(verdict => verdict?.allowed)).toEqual([true, true]);
  expect((await here.rates.take(quota, 'ada'))?.allowed).toBe(false);

  const [mine, others] = [here.sessions.records, there.sessions.records];
  for (const id of ['s1', 's2']) await mine.add(id, `sealed ${id}`, ['user:ada', `sid:${id}`], LIFE);
  expect(await others.get('s1', LIFE)).toBe('sealed s1');
  expect(await others.replace('s1', 'anew')).toBe(true);
  expect(await mine.labelled('user:ada')).toEqual(['s1', 's2']);
  expect((await mine.list(10)).records.map(({ id }) => id).sort()).toEqual(['s1', 's2']);
  expect(await others.remove('s1')).toBe(true);
  expect(await mine.labelled('user:ada')).toEqual(['s2']);
  expect(await mine.claim('renewal', 'me', 60_000)).toBe(true);
  expect(await others.extend('renewal', 'you', 60_000)).toBe(false);
  await mine.release('renewal', 'me');
  expect(await others.removeAll()).toBe(1);
  expect(await mine.get('s2', LIFE)).toBeUndefined();
}

describe.skipIf(noRedis !== undefined)(`several Redis servers ${noRedis ?? ''}`, () => {
  it('as a cluster keep everything that one server keeps, and go on with the replica of a dead master', async () => {
    const cluster = own(await TestRedisCluster.start());
    const news: TierNews[] = [];
    const [here, there] = [await openNode(cluster.url, news), await openNode(cluster.url)];
    await everything(here, there);
    expect(await inspectRedis(cluster.url, 'portico:')).toMatchObject({ version: expect.stringMatching(/^\d+\./) });

    const master = await cluster.masterOf('{portico:}purges');
    await master.kill();
    const heard = hearing(there);
    here.bus.publish({ kind: 'purge', purge: purgeOf('hard', ['chairs']) });
    await expect.poll(() => heard, FAILOVER).toContain('chairs');
    await shared(here, there, 'table');
    expect(news.map(({ state }) => state)).toEqual(['lost', 'back']);
  }, 90_000);

  it('as a cluster have all keys at the master of one slot, also when the slot moves', async () => {
    const cluster = own(await TestRedisCluster.start());
    const [here, there] = [await openNode(cluster.url), await openNode(cluster.url)];
    await shared(here, there, 'lamp');
    const old = await cluster.masterOf('{portico:}purges');
    expect(await old.command('KEYS {portico:}*')).toContain('{portico:}record:');
    // A failover by hand moves it without a dead server.
    const replica = await cluster.replicaOf(old);
    expect(await replica.command('CLUSTER FAILOVER')).toContain('+OK');
    await expect.poll(async () => (await cluster.masterOf('{portico:}purges')) !== old, FAILOVER).toBe(true);
    await shared(here, there, 'chair');
    const heard = hearing(there);
    here.bus.publish({ kind: 'purge', purge: purgeOf('hard', ['chairs']) });
    await expect.poll(() => heard, FAILOVER).toContain('chairs');
  }, 90_000);

  it('behind Sentinels keep everything, and go on with the replica when the master dies', async () => {
    const servers = own(await TestSentinels.start());
    const [here, there] = [await openNode(servers.url), await openNode(servers.url)];
    await everything(here, there);
    await servers.sentinels[0]?.kill();
    await servers.master.kill();
    const heard = hearing(there);
    here.bus.publish({ kind: 'purge', purge: purgeOf('hard', ['chairs']) });
    await expect.poll(() => heard, FAILOVER).toContain('chairs');
    await shared(here, there, 'table');
    expect(await servers.replica.command('ROLE')).toContain('master');
  }, 90_000);

  it('whose new master has lost the end of the log give no epoch twice, so that no purge is missed', async () => {
    const redis = own(await TestRedis.start());
    const [here, there] = [await openNode(redis.url), await openNode(redis.url)];
    const heard = hearing(there);
    const purge = (tag: string) => here.bus.publish({ kind: 'purge', purge: purgeOf('hard', [tag]) });
    for (const tag of ['a', 'b', 'c']) purge(tag);
    await expect.poll(() => heard).toEqual(['a', 'b', 'c']);
    // What a replica never received.
    await redis.command('ZREMRANGEBYRANK portico:purges -2 -1');
    await redis.command('CLIENT KILL TYPE pubsub');
    await redis.command('CLIENT KILL TYPE normal');
    purge('d');
    await expect.poll(() => heard, FAILOVER).toContain('d');
    purge('e');
    await expect.poll(() => heard, FAILOVER).toContain('e');
    await shared(here, there, 'lamp', tagged('lamps'));
    purge('lamps');
    await expect.poll(() => text(there, 'lamp')).toBeUndefined();
  }, 60_000);

  it.each([
    ['redis+sentinel://127.0.0.1:26379', 'lacks the name of the master'],
    ['redis+cluster://127.0.0.1:6379/2', 'names a database'],
    ['redis+cluster://127.0.0.1:x', 'has a host that is none'],
    ['redis+ring://127.0.0.1', 'must be redis://'],
    ['http://user:secret@127.0.0.1', 'must be redis://'],
  ])('with the URL %s are refused with the reason', (url, reason) => {
    const open = () => openRedis({ url, prefix: 'portico:', listener: () => undefined });
    expect(open).toThrow(reason);
    expect(open).not.toThrow('secret');
  });
});
