import { describe, expect, it } from 'vitest';
import type { LimitMode, Sample } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimit } from '../../../src/service/limit/adaptive-limit.ts';
import type { Limit } from '../../../src/service/limit/limit.ts';
import { Chance } from '../../support/chance.ts';
import { HEALTHY, type Healthy } from '../../support/limit-world/healthy.ts';
import { type Account, simulate } from '../../support/limit-world/world.ts';
import { limiterWithin } from '../../support/limiter.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** How many of all calls the limit rejected, and how many responses were late. */
async function run({ backend, ...scenario }: Healthy, boundBy: (chance: Chance) => Limit, seed: number) {
  const chance = new Chance(seed);
  const bound = boundBy(chance);
  const limiter = { chance: () => chance.next() };
  const world = { ...scenario, backend: backend(), chance };
  const accounts = await simulate({ ...world, limiter: clock => limiterWithin(bound, { clock, ...limiter }) });
  return { refused: sumOf(accounts, 'refused'), late: sumOf(accounts, 'late'), offered: sumOf(accounts, 'offered') };
}

function sumOf(accounts: readonly Account[], field: 'offered' | 'refused' | 'late'): number {
  return accounts.reduce((sum, account) => sum + account[field], 0);
}

const adaptive = (chance: Chance): Limit => new AdaptiveLimit(() => chance.next());

describe.each(Object.entries(HEALTHY))('%s', (_, scenario) => {
  it.each(SEEDS)('has no rejected call (%i)', async seed => {
    expect(await run(scenario, adaptive, seed)).toMatchObject({ refused: 0, late: 0 });
  });

  it('has many rejected calls with a limit that needs no evidence', async () => {
    const { refused, offered } = await run(scenario, () => new HastyBound(), 1);
    expect(refused / offered).toBeGreaterThan(0.01);
  });
});

/**
 * The control: starts at 20 and follows the quotient of the shortest and the last time, with or without evidence of
 * overload.
 */
class HastyBound implements Limit {
  now = 20;
  readonly mode: LimitMode = 'held';
  readonly learned = undefined;
  #shortestMs = Number.POSITIVE_INFINITY;

  acquired(): void {}
  waited(): void {}
  refused(): void {}

  settled({ headersMs }: Sample): void {
    this.#shortestMs = Math.min(this.#shortestMs, Math.max(headersMs, 1));
    const aim = (this.now * this.#shortestMs) / Math.max(headersMs, 1) + Math.sqrt(this.now);
    this.now = Math.min(Math.max(0.98 * this.now + 0.02 * aim, 4), 20);
  }
}
