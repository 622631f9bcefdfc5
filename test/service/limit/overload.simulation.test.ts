import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from '../../../src/service/limit/adaptive-limit.ts';
import { FixedLimit, type Limit } from '../../../src/service/limit/limit.ts';
import { Chance } from '../../support/chance.ts';
import { figuresOf, OVERLOADS, type Overload } from '../../support/limit-world/overload.ts';
import { simulate } from '../../support/limit-world/world.ts';
import { limiterWithin } from '../../support/limiter.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

async function run(overload: Overload, boundBy: (chance: Chance) => Limit, seed: number, loadsRun?: number) {
  const chance = new Chance(seed);
  const bound = boundBy(chance);
  const { backend, loads } = overload.make();
  const random = { chance: () => chance.next() };
  const accounts = await simulate({
    backend,
    loads: loads.slice(0, loadsRun),
    chance,
    limiter: clock => limiterWithin(bound, { clock, ...random }),
  });
  return figuresOf(overload, accounts, loads[overload.at]?.seconds ?? 0);
}

describe.each(Object.entries(OVERLOADS))('%s', (_, overload) => {
  it.each(SEEDS)('keeps its goodput and rejects no normal call (%i)', async seed => {
    const { goodput, refused } = await run(overload, chance => new AdaptiveLimit(() => chance.next()), seed);
    expect(goodput).toBeGreaterThanOrEqual(overload.min);
    expect(refused).toBe(0);
  });

  it('collapses without an adaptive limit', async () => {
    const { control = 256, at } = overload;
    const { goodput } = await run(overload, () => new FixedLimit(control), 1, at + 1);
    expect(goodput).toBeLessThan(0.4);
  });
});
