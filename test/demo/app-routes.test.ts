import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { appRoutesText } from '../../src/cli/app-routes.ts';
import { loadDefinitions } from '../../src/config-loader/load.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it("the index of the shop's routes, which types its page, is that of its files", async () => {
  const { routes } = await loadDefinitions(ROOT);
  const rows = routes.map(({ method = 'ANY', pattern, file }) => ({ method, pattern, file }));
  expect(await readFile(`${ROOT}app-routes.d.ts`, 'utf8')).toBe(appRoutesText(rows));
});
