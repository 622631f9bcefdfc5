import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TierNews } from '../../../../../src/core/ports/cache-tier.ts';
import { DiskTier } from '../../../../../src/policies/cache/storage/disk/disk-tier.ts';

const WRITER = fileURLToPath(new URL('../../../../support/processes/disk-writer.ts', import.meta.url));

describe('a disk file of several processes', () => {
  let dir: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-disk-'));
    path = join(dir, 'cache.db');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(dir, { recursive: true });
  });

  const startWriter = (name: string): ChildProcess => {
    const child = fork(WRITER, [path, name]);
    children.push(child);
    return child;
  };

  it('is intact and warm after each was killed during a write', async () => {
    const writers = ['a', 'b'].map(startWriter);
    const written = await Promise.all(writers.map(async writer => Number((await once(writer, 'message'))[0])));
    for (const writer of writers) {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    const news: TierNews[] = [];
    const tier = new DiskTier({ path, size: 64 * 1024 ** 2, listener: each => news.push(each) });
    for (const [i, name] of ['a', 'b'].entries()) {
      const key = `${name} ${written[i]}`;
      await expect.poll(async () => (await tier.get(key))?.bytes.toString().slice(0, key.length)).toBe(key);
    }
    expect(news).toEqual([]);
    await tier.close();
  });

  it('does not keep a process alive', async () => {
    const child = fork(WRITER, [path, 'leaves']);
    children.push(child);
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
