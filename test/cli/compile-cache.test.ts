import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPortico } from '../support/portico-process.ts';

it('compiled code is kept in a folder of the user’s own, and not where everybody writes', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'portico-test-'));
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'portico-test-'));
  const env = { HOME: home.path, XDG_CACHE_HOME: '', TMPDIR: temporary.path };
  expect(await runPortico(['version'], { env })).toMatchObject({ code: 0, err: '' });
  expect(await readdir(join(home.path, '.cache', 'portico'))).toHaveLength(1);
  expect(await readdir(temporary.path)).toEqual([]);
});

it('a folder for compiled code that cannot be made is no mistake', async () => {
  const env = { XDG_CACHE_HOME: '/dev/null' };
  expect(await runPortico(['version'], { env })).toMatchObject({ code: 0, err: '' });
});
