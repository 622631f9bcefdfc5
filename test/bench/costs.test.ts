import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type Costs, measureCosts } from '../../bench/costs/costs.ts';

/** How much more a request may cost than is written down, before the change has to say why. */
const TOLERANCE = 1.05;

it('a request makes no more calls and allocates no more bytes than bench/results/costs.json says', async () => {
  const file = new URL('../../bench/results/costs.json', import.meta.url);
  const committed: Costs = JSON.parse(await readFile(file, 'utf8'));
  const measured = await measureCosts();
  expect(Object.keys(measured)).toEqual(Object.keys(committed));
  const grown = Object.entries(measured).flatMap(([scenario, cost]) =>
    Object.entries(cost).flatMap(([name, value]) => {
      const limit = (committed[scenario]?.[name as keyof typeof cost] ?? 0) * TOLERANCE;
      return value > limit ? [`${scenario}: ${name} is ${value}, at most ${Math.round(limit)}`] : [];
    }),
  );
  expect(grown, 'npm run bench:costs writes what is measured').toEqual([]);
}, 180_000);
