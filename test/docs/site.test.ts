import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './pages.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'portico-site-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

it('the documentation site builds without dead links', { timeout: 120_000 }, async () => {
  // Like `npm run docs`, into a folder of its own.
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/vitepress'), ['build', 'docs', '--outDir', dir], {
    cwd: ROOT,
  });
  const pages = await readdir(dir);
  expect(pages).toEqual(
    expect.arrayContaining(['index.html', 'getting-started.html', 'routes.html', 'errors.html', 'decisions']),
  );
});
