import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './pages.ts';

it('the README shows a small picture made by npm run docs:picture', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, path = ''] = /!\[[^\]]+\]\((docs\/shop\.webp)\)/.exec(readme) ?? [];
  expect(path).toBe('docs/shop.webp');
  expect((await readFile(join(ROOT, path))).subarray(8, 12).toString()).toBe('WEBP');
  expect((await stat(join(ROOT, path))).size).toBeLessThan(120_000);
});
