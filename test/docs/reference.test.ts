import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from '../../scripts/generate-reference.ts';
import { ROOT } from './pages.ts';

it('the generated pages match the code: npm run docs:reference writes them', async () => {
  for (const [page, text] of await referencePages()) expect(await readFile(join(ROOT, page), 'utf8')).toBe(text);
});
