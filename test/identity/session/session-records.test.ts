import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/ports/clock.ts';
import type { SessionEnd } from '../../../src/core/ports/session-news.ts';
import type { SessionRecords } from '../../../src/core/ports/session-records.ts';
import { DiskRecords } from '../../../src/identity/session/disk-records.ts';
import { openRedis } from '../../../src/policies/cache/storage/redis/redis.ts';
import { SteppedClock } from '../../support/clock.ts';
import { createProject, type TestProject } from '../../support/project.ts';
import { noRedis, TestRedis } from '../../support/redis.ts';

const LIFE = { idleMs: 60_000, maxMs: 600_000 };

interface OpenRecords {
  readonly records: SessionRecords;
  close(): Promise<void>;
}

interface Place {
  open(): Promise<OpenRecords>;
  dispose(): Promise<void>;
}

async function diskPlace(): Promise<Place> {
  const project: TestProject = await createProject({});
  return {
    open: async () => {
      const records = new DiskRecords(join(project.dir, 'deep/sessions.db'), systemClock);
      return { records, close: async () => records.close() };
    },
    dispose: () => project[Symbol.asyncDispose](),
  };
}

async function redisPlace(): Promise<Place> {
  const redis = await TestRedis.start();
  return {
    open: async () => {
      const { sessions, tier } = openRedis({ url: redis.url, prefix: 'p*[x]:', listener: () => undefined });
      await sessions.connected;
      return { records: sessions.records, close: async () => void (await tier.close()) };
    },
    dispose: () => redis[Symbol.asyncDispose](),
  };
}

const PLACES = [['disk', diskPlace], ...(noRedis === undefined ? [['redis', redisPlace] as const] : [])] as const;

describe.each(PLACES)('sessions in %s', (_, placeOf) => {
  let place: Place;
  let first: OpenRecords;
  let second: OpenRecords;
  beforeAll(async () => {
    place = await placeOf();
    first = await place.open();
    second = await place.open();
  });
  afterAll(async () => {
    await first.close();
    await second.close();
    await place.dispose();
  });

  it('are shared by those that open them', async () => {
    await first.records.add('one', 'sealed', ['of ada'], LIFE);
    expect(await second.records.get('one', LIFE)).toBe('sealed');
    expect(await second.records.replace('one', 'again')).toBe(true);
    expect(await first.records.get('one', LIFE)).toBe('again');
    await second.records.remove('one');
    expect(await first.records.get('one', LIFE)).toBeUndefined();
    expect(await first.records.replace('one', 'never')).toBe(false);
    expect(await first.records.get('one', LIFE)).toBeUndefined();
  });

  it('are found by their labels, and listed', async () => {
    await first.records.add('two', 'sealed two', ['of grace', 'of a session'], LIFE);
    await first.records.add('three', 'sealed three', ['of grace'], LIFE);
    expect([...(await second.records.labelled('of grace'))].sort()).toEqual(['three', 'two']);
    expect(await second.records.labelled('of nobody')).toEqual([]);
    const { records: listed } = await second.records.list(10);
    expect(listed.map(({ id, sealed }) => `${id} ${sealed}`).sort()).toEqual(['three sealed three', 'two sealed two']);
  });

  it('end after their idle time and after their whole time', async () => {
    await first.records.add('idle', 'x', [], { idleMs: 1, maxMs: 60_000 });
    await first.records.add('over', 'x', [], { idleMs: 60_000, maxMs: 1 });
    await expect.poll(() => first.records.get('idle', { idleMs: 1, maxMs: 60_000 })).toBeUndefined();
    await expect.poll(() => first.records.get('over', LIFE)).toBeUndefined();
    await first.records.add('used', 'x', [], { idleMs: 300, maxMs: 60_000 });
    expect(await first.records.get('used', LIFE)).toBe('x');
    expect(await first.records.get('used', LIFE)).toBe('x');
  });

  it('give a name to one owner at a time', async () => {
    const claims = await Promise.all(
      [first, second].flatMap(({ records }, i) => [records.claim('renew', `owner ${i}`, 60_000)]),
    );
    expect(claims.filter(isMine => isMine)).toHaveLength(1);
    await second.records.release('renew', 'somebody else');
    expect(await first.records.claim('renew', 'late', 60_000)).toBe(false);
    for (const owner of ['owner 0', 'owner 1']) await first.records.release('renew', owner);
    expect(await second.records.claim('renew', 'next', 1)).toBe(true);
    // An owner that died keeps the name for its time only.
    await expect.poll(() => first.records.claim('renew', 'another', 60_000)).toBe(true);
  });
});

describe('a file of sessions', () => {
  it('is for its owner alone, and one of another version is refused', async () => {
    await using project = await createProject({});
    const path = join(project.dir, 'sessions.db');
    const records = new DiskRecords(path, systemClock);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    records.close();
    const bytes = await readFile(path);
    bytes.writeUInt32BE(99, 60);
    await writeFile(join(project.dir, 'other.db'), bytes);
    expect(() => new DiskRecords(join(project.dir, 'other.db'), systemClock)).toThrow(/version 99, not 1/);
  });

  it('is read at once while another process writes, and the idle time begins anew with the next read', async () => {
    await using project = await createProject({});
    const path = join(project.dir, 'sessions.db');
    const clock = new SteppedClock();
    const records = new DiskRecords(path, clock);
    await records.add('one', 'sealed', [], LIFE);
    using writer = new DatabaseSync(path);
    writer.exec('BEGIN IMMEDIATE');
    clock.stepMs = LIFE.idleMs / 2;
    const beforeRead = performance.now();
    expect(await records.get('one', LIFE)).toBe('sealed');
    const beforeWrite = performance.now();
    expect(await records.replace('one', 'other').catch(({ code }) => code)).toBe('session.unavailable');
    // A write waits, also after such a read.
    expect(beforeWrite - beforeRead).toBeLessThan((performance.now() - beforeWrite) / 2);
    writer.exec('ROLLBACK');
    expect(await records.get('one', LIFE)).toBe('sealed');
    clock.stepMs = LIFE.idleMs * 1.25;
    expect(await records.get('one', LIFE)).toBe('sealed');
    records.close();
  });

  it('forgets the records that are over', async () => {
    await using project = await createProject({});
    const records = new DiskRecords(join(project.dir, 'sessions.db'), systemClock);
    for (let i = 0; i < 250; i++) await records.add(`${i}`, 'x', ['label'], { idleMs: 1, maxMs: 1 });
    for (let i = 0; i < 100; i++) await records.add(`later ${i}`, 'x', ['later'], LIFE);
    expect((await records.labelled('label')).length).toBe(0);
    records.close();
  });
});

describe.skipIf(noRedis !== undefined)('a label of sessions in Redis', () => {
  it('holds the records that are there, and no others', async () => {
    await using redis = await TestRedis.start();
    const { sessions, tier } = openRedis({ url: redis.url, prefix: 'p:', listener: () => undefined });
    await sessions.connected;
    const { records } = sessions;
    for (let i = 0; i < 5; i++) {
      await records.add('one', 'sealed', ['ada', 'desk'], LIFE);
      expect(await records.remove('one')).toBe(true);
    }
    expect(await redis.command('EXISTS p:sessions-of:ada p:sessions-of:desk')).toBe(':0\r\n');
    await records.add('long', 'sealed', ['ada'], LIFE);
    await records.add('short', 'sealed', ['ada'], { idleMs: 60_000, maxMs: 1 });
    await expect.poll(() => records.labelled('ada')).toEqual(['long']);
    expect((await records.list(10, 'ada')).records.map(({ id }) => id)).toEqual(['long']);
    expect(await redis.command('ZCARD p:sessions-of:ada')).toBe(':2\r\n');
    await records.add('next', 'sealed', ['ada'], LIFE);
    expect(await redis.command('ZCARD p:sessions-of:ada')).toBe(':2\r\n');
    await tier.close();
  });
});

describe.skipIf(noRedis !== undefined)('sessions in a Redis that is away', () => {
  it('are unavailable while it hangs, and there again afterwards', async () => {
    await using redis = await TestRedis.start();
    const { sessions, tier } = openRedis({ url: redis.url, prefix: 'p:', listener: () => undefined });
    await sessions.connected;
    await sessions.records.add('one', 'sealed', [], LIFE);
    redis.hang();
    expect(await sessions.records.get('one', LIFE).catch(({ code, status }) => [code, status])).toEqual([
      'session.unavailable',
      503,
    ]);
    redis.wake();
    await expect.poll(() => sessions.records.get('one', LIFE).catch(() => 'away'), { timeout: 20_000 }).toBe('sealed');
    await tier.close();
  });

  it('are unavailable at once, and an end is published when it is back', async () => {
    await using redis = await TestRedis.start();
    const here = openRedis({ url: redis.url, prefix: 'p:', listener: () => undefined });
    const there = openRedis({ url: redis.url, prefix: 'p:', listener: () => undefined });
    const [news, heardNews] = [here.sessions.newsOf(600_000), there.sessions.newsOf(600_000)];
    const heard: SessionEnd[] = [];
    heardNews.subscribe(end => heard.push(end));
    await Promise.all([here.sessions.connected, there.sessions.connected]);
    news.publish({ of: 'session', key: 'one', at: Date.now() });
    await expect.poll(() => heard.map(({ key }) => key)).toContain('one');
    await redis.kill();
    await expect
      .poll(() =>
        here.sessions.records.get('x', LIFE).then(
          () => 'there',
          ({ code }) => code,
        ),
      )
      .toBe('session.unavailable');
    news.publish({ of: 'user', key: 'two', at: Date.now() });
    await redis.start();
    await expect.poll(() => heard.map(({ key }) => key), { timeout: 20_000 }).toContain('two');
    // A gateway that starts later hears what ended before.
    const later = openRedis({ url: redis.url, prefix: 'p:', listener: () => undefined });
    const late: SessionEnd[] = [];
    later.sessions.newsOf(600_000).subscribe(end => late.push(end));
    await expect.poll(() => late.map(({ key }) => key)).toContain('two');
    for (const each of [here, there, later]) await each.tier.close();
  });
});
