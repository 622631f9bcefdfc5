import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionRecords } from '../../../src/core/ports/session-records.ts';
import { DiskRecords } from '../../../src/identity/session/disk-records.ts';
import { openRedis } from '../../../src/policies/cache/storage/redis/redis.ts';
import { patientClock, SteppedClock } from '../../support/clock.ts';
import { noRedis, TestRedis } from '../../support/redis.ts';

const LIFE = { idleMs: 60_000, maxMs: 3_600_000 };

async function onDisk(clock = new SteppedClock()): Promise<SessionRecords> {
  const dir = await mkdtemp(join(tmpdir(), 'portico-records-'));
  const records = new DiskRecords(join(dir, 'sessions.db'), clock);
  onTestFinished(async () => {
    records.close();
    await rm(dir, { recursive: true });
  });
  return records;
}

async function inRedis(): Promise<SessionRecords> {
  const redis = await TestRedis.start();
  const listener = () => undefined;
  const { sessions, tier } = openRedis({ url: redis.url, prefix: 'a*[:', listener, clock: patientClock });
  onTestFinished(async () => {
    await tier.close();
    await redis[Symbol.asyncDispose]();
  });
  const { records } = sessions;
  const isThere = () =>
    records.list(1).then(
      () => true,
      () => false,
    );
  await expect.poll(isThere).toBe(true);
  return records;
}

const STORES: readonly (readonly [string, () => Promise<SessionRecords>])[] = [
  ['on disk', onDisk],
  ...(noRedis === undefined ? [['in Redis', inRedis] as const] : []),
];

describe.each(STORES)('records of sessions %s', (_where, open) => {
  const filled = async () => {
    const records = await open();
    for (let i = 0; i < 7; i++) await records.add(`id-${i}`, `sealed ${i}`, [`user ${i % 2}`], LIFE);
    return records;
  };
  const idsOf = ({ records }: Awaited<ReturnType<SessionRecords['list']>>) => records.map(({ id }) => id).toSorted();

  it('are listed, up to a maximum, with the number of the others', async () => {
    const records = await filled();
    const all = await records.list(10);
    expect([idsOf(all), all.more]).toEqual([['id-0', 'id-1', 'id-2', 'id-3', 'id-4', 'id-5', 'id-6'], 0]);
    expect(all.records.find(({ id }) => id === 'id-3')?.sealed).toBe('sealed 3');
    const some = await records.list(5);
    expect([some.records.length, some.more]).toEqual([5, 2]);
  });

  it('are listed by label, without those that were removed', async () => {
    const records = await filled();
    await records.remove('id-3');
    const odd = await records.list(10, 'user 1');
    expect([idsOf(odd), odd.more]).toEqual([['id-1', 'id-5'], 0]);
    const one = await records.list(1, 'user 0');
    expect([one.records.length, one.more]).toEqual([1, 3]);
    expect(await records.list(10, 'user 2')).toEqual({ records: [], more: 0 });
  });

  it('are removed one by one, which says whether there was one', async () => {
    const records = await filled();
    expect([await records.remove('id-3'), await records.remove('id-3'), await records.remove('other')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('are removed all at once, with their labels; names that are claimed stay', async () => {
    const records = await filled();
    await records.claim('renew:id-1', 'owner', 60_000);
    expect(await records.removeAll()).toBe(7);
    expect([await records.list(10), await records.labelled('user 1')]).toEqual([{ records: [], more: 0 }, []]);
    expect(await records.claim('renew:id-1', 'other', 60_000)).toBe(false);
    expect(await records.removeAll()).toBe(0);
  });
});

describe('a record of a session on disk', () => {
  it('does not live longer by a list', async () => {
    const clock = new SteppedClock();
    const records = await onDisk(clock);
    await records.add('id', 'sealed', ['user'], LIFE);
    clock.stepMs = LIFE.idleMs / 2;
    expect([(await records.list(1)).records.length, (await records.list(1, 'user')).records.length]).toEqual([1, 1]);
    clock.stepMs = LIFE.idleMs;
    expect([await records.list(1), await records.list(1, 'user'), await records.removeAll()]).toEqual([
      { records: [], more: 0 },
      { records: [], more: 0 },
      0,
    ]);
  });

  it('comes first in a list if it is the newest', async () => {
    const clock = new SteppedClock();
    const records = await onDisk(clock);
    for (const id of ['b', 'c', 'a']) {
      clock.stepMs += 1_000;
      await records.add(id, 'sealed', [], LIFE);
    }
    expect((await records.list(2)).records.map(({ id }) => id)).toEqual(['a', 'c']);
  });
});
