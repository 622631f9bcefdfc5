import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runPortico } from '../support/portico-process.ts';

const SHOP = fileURLToPath(new URL('../..', import.meta.url));

// With pretenuring, V8 prints a dozen decisions while the shop is loaded.
it('V8 allocates nothing of a request in the old generation', async () => {
  const node = [process.execPath, '--trace-pretenuring-statistics'];
  const { code, out } = await runPortico(['check', '--dir', SHOP], { node });
  expect(code).toBe(0);
  expect(out).toContain('no problems');
  expect(out).not.toContain('pretenuring');
});
