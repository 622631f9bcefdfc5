import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheTier, TierNews } from '../../../../../src/core/ports/cache-tier.ts';
import { DiskTier } from '../../../../../src/policies/cache/storage/disk/disk-tier.ts';
import { tagged } from '../../../../support/labels.ts';
import { tierContract } from '../../../../workers/tier-contract.ts';

describe('the disk tier', () => {
  let dir: string;
  let path: string;
  let news: TierNews[];
  let opened: DiskTier[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-disk-'));
    path = join(dir, 'deep/cache.db');
    news = [];
    opened = [];
  });

  afterEach(async () => {
    for (const tier of opened) await tier.close();
    await rm(dir, { recursive: true });
  });

  const openTier = (size = 64 * 1024 ** 2): DiskTier => {
    const tier = new DiskTier({ path, size, listener: each => news.push(each) });
    opened.push(tier);
    return tier;
  };
  /** Waits until the tier knows the purge epochs of its file. */
  const ready = async (tier: DiskTier): Promise<DiskTier> => {
    await expect.poll(() => tier.purgePosition()).toBeGreaterThan(0);
    return tier;
  };
  const openReady = (size?: number): Promise<DiskTier> => ready(openTier(size));
  const keep = (tier: CacheTier, key: string, bytes = Buffer.from(key)): void =>
    tier.set(key, { bytes, labels: tagged('tag'), purgePosition: tier.purgePosition() }, 60_000);
  const text = async (tier: CacheTier, key: string): Promise<string | undefined> =>
    (await tier.get(key))?.bytes.toString();

  tierContract(async () => ({
    open: () => openReady(),
    fail: async () => {
      await rm(join(dir, 'deep'), { recursive: true });
      await writeFile(join(dir, 'deep'), 'no folder');
      // The tier looks for its file periodically.
      for (const tier of opened) await expect.poll(() => tier.get('a'), { timeout: 5_000 }).toBeUndefined();
    },
  }));

  it.each([
    ['is no database', (text: string) => Buffer.from(text.repeat(1_000))],
    ['is cut off', (_: string, whole: Buffer) => whole.subarray(0, 5_000)],
  ])('starts empty where the file %s, moves it aside and reports it once', async (_, broken) => {
    const before = await openReady();
    keep(before, 'a', Buffer.alloc(50_000, 1));
    await before.close();
    await writeFile(path, broken('nonsense', await readFile(path)));
    const tier = await openReady();
    await expect
      .poll(async () => {
        keep(tier, 'b');
        return text(tier, 'b');
      })
      .toBe('b');
    expect(await tier.get('a')).toBeUndefined();
    expect(news.filter(({ state }) => state !== 'back')).toHaveLength(1);
    expect(existsSync(`${path}.unreadable`)).toBe(true);
  });

  it('starts empty if the tables have another version', async () => {
    const before = await openReady();
    keep(before, 'a');
    await before.close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 999');
    database.close();
    const tier = await openReady();
    expect(await tier.get('a')).toBeUndefined();
    keep(tier, 'b');
    await expect.poll(() => text(tier, 'b')).toBe('b');
    expect(news).toEqual([{ tier: 'disk', state: 'emptied', why: 'its tables were of version 999' }]);
  });

  it('returns nothing whose bytes are corrupt', async () => {
    const before = await openReady();
    keep(before, 'a', Buffer.from('the very bytes of it'));
    await before.close();
    const whole = await readFile(path);
    const file = await open(path, 'r+');
    await file.write('THE', whole.indexOf('the very bytes'));
    await file.close();
    const tier = await openReady();
    expect(await tier.get('a')).toBeUndefined();
    keep(tier, 'a');
    await expect.poll(() => text(tier, 'a')).toBe('a');
  });

  it('reports a missing file once, is not queried without one and recovers by itself', async () => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'deep'), 'no folder');
    const tier = openTier();
    await expect.poll(() => news.length).toBe(1);
    expect(await tier.get('a')).toBeUndefined();
    keep(tier, 'a');
    await rm(join(dir, 'deep'));
    await expect.poll(() => news.map(({ state }) => state), { timeout: 10_000 }).toEqual(['lost', 'back']);
    keep(tier, 'a');
    await expect.poll(() => text(tier, 'a')).toBe('a');
  });

  it('goes on with a new file if its own is removed', async () => {
    const tier = await openReady();
    keep(tier, 'a');
    await expect.poll(() => text(tier, 'a')).toBe('a');
    await rm(join(dir, 'deep'), { recursive: true });
    await expect.poll(() => news.map(({ state }) => state), { timeout: 10_000 }).toEqual(['lost', 'back']);
    expect(await tier.get('a')).toBeUndefined();
    keep(tier, 'b');
    await expect.poll(() => text(tier, 'b')).toBe('b');
  });

  it('keeps its file within its size and evicts the least recently used', async () => {
    const size = 2 * 1024 ** 2;
    const tier = await openReady(size);
    keep(tier, 'wanted');
    await expect.poll(() => text(tier, 'wanted')).toBe('wanted');
    for (let i = 0; i < 60; i++) {
      for (let n = 0; n < 10; n++) keep(tier, `page ${i} ${n}`, Buffer.alloc(10_000, i));
      await expect.poll(() => tier.get(`page ${i} 9`), { interval: 5 }).toBeDefined();
      await tier.get('wanted');
    }
    await expect.poll(async () => (await tier.get('page 0 0')) === undefined).toBe(true);
    await expect.poll(() => text(tier, 'wanted'), { timeout: 5_000 }).toBe('wanted');
    await tier.close();
    expect((await stat(path)).size).toBeLessThan(size * 1.5);
  });

  it('removes expired entries without being queried', async () => {
    const tier = await openReady();
    tier.set('brief', { bytes: Buffer.from('x'), labels: tagged('tag'), purgePosition: tier.purgePosition() }, 200);
    keep(tier, 'long');
    await expect.poll(() => text(tier, 'long')).toBe('long');
    const database = new DatabaseSync(path, { readOnly: true });
    const keys = database.prepare('SELECT key FROM records');
    await expect.poll(() => keys.all().map(({ key }) => key), { timeout: 5_000 }).toEqual(['long']);
    database.close();
  });
});
