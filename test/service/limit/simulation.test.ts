import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Limiter, Sample } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimit } from '../../../src/service/limit/adaptive-limit.ts';
import { type Bound, FixedBound } from '../../../src/service/limit/bound.ts';
import { Chance } from '../../support/chance.ts';
import { limiterWithin } from '../../support/limiter.ts';
import { type Account, type Load, simulate } from '../../support/loaded-backend.ts';

const KNEE = 32;
/** Three runs of each scenario: one might be lucky. */
const SEEDS = [1, 2, 3];

/** A load in shares of what the backend can do at its knee, 1600 calls a second. */
function load(seconds: number, share: number, changes: Partial<Pick<Load, 'knee' | 'workMs'>> = {}): Load {
  return { seconds, perSecond: share * 1_600, knee: KNEE, workMs: () => 20, ...changes };
}

const NORMAL = load(10, 0.6);
/** After an overload the first two seconds are recovery, not yet normal. */
const RECOVERY = load(2, 0.6);
/** Nine calls of ten take 5 ms, one takes 155: 20 in the mean. */
const BIMODAL = { workMs: (chance: Chance) => (chance.happens(0.1) ? 155 : 5) };

interface Scenario {
  readonly loads: readonly Load[];
  /** The load that is more than the backend can do, by its place. */
  readonly overload: number;
  /** What it can do then, calls a second. */
  readonly capacity?: number;
  readonly normal: readonly number[];
  /** What must collapse under the same load. */
  readonly control: () => Bound;
  /** The control's own loads, where fewer seconds show the same. */
  readonly controlLoads?: readonly Load[];
}

const unlimited = (): Bound => new FixedBound(Number.POSITIVE_INFINITY);
const fixed256 = (): Bound => new FixedBound(256);

function behind(bound: Bound, chance: Chance): (clock: Clock) => Limiter {
  return clock => limiterWithin(bound, { clock, chance: () => chance.next() });
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'ten times the load for 30 s': {
    loads: [NORMAL, load(30, 6), RECOVERY, NORMAL],
    overload: 1,
    normal: [0, 3],
    control: fixed256,
  },
  'a knee that halves under overload': {
    loads: [NORMAL, load(10, 1.5), load(30, 3, { knee: 16 }), load(2, 0.3, { knee: 16 }), load(10, 0.3, { knee: 16 })],
    overload: 2,
    capacity: 800,
    normal: [0, 4],
    control: fixed256,
  },
  'a knee that doubles under overload': {
    loads: [NORMAL, load(10, 6), load(30, 6, { knee: 64 }), load(2, 0.6, { knee: 64 }), load(10, 0.6, { knee: 64 })],
    overload: 2,
    capacity: 3_200,
    normal: [0, 4],
    // 256 calls at a knee of 64 still get half of the work done; without a limit nothing is.
    control: unlimited,
  },
  'overload with calls of two kinds': {
    loads: [NORMAL, load(30, 6), RECOVERY, NORMAL].map(each => ({ ...each, ...BIMODAL })),
    overload: 1,
    normal: [0, 3],
    control: fixed256,
  },
  // Three times the capacity, not six: refusals are most of the events, and half as many of them show the same.
  '300 s of overload': {
    loads: [NORMAL, load(300, 3), RECOVERY, NORMAL],
    overload: 1,
    normal: [0, 3],
    control: unlimited,
    controlLoads: [NORMAL, load(30, 3), RECOVERY, NORMAL],
  },
  'a spike out of the blue': {
    loads: [load(30, 6), RECOVERY, NORMAL],
    overload: 0,
    normal: [2],
    control: unlimited,
  },
};

function adaptive(chance: Chance): (clock: Clock) => Limiter {
  return behind(new AdaptiveLimit(() => chance.next()), chance);
}

function figures(
  { overload, capacity = 1_600, normal }: Scenario,
  loads: readonly Load[],
  accounts: readonly Account[],
) {
  const shed = (place: number): number => (accounts[place]?.shed ?? 0) / (accounts[place]?.offered ?? 1);
  const goodput = (accounts[overload]?.good ?? 0) / (capacity * (loads[overload]?.seconds ?? 1));
  return { goodput, normalShed: Math.max(...normal.map(shed)) };
}

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  it.each(SEEDS)(
    'costs an adaptive limit at most a tenth of the capacity, and normal traffic nothing (%i)',
    async seed => {
      const chance = new Chance(seed);
      const { goodput, normalShed } = figures(
        scenario,
        scenario.loads,
        await simulate(adaptive(chance), scenario.loads, chance),
      );
      expect(goodput).toBeGreaterThanOrEqual(0.9);
      expect(normalShed).toBeLessThanOrEqual(0.01);
    },
  );

  it('is what makes a backend collapse without', async () => {
    const chance = new Chance(1);
    const loads = scenario.controlLoads ?? scenario.loads;
    const { goodput } = figures(scenario, loads, await simulate(behind(scenario.control(), chance), loads, chance));
    expect(goodput).toBeLessThan(0.4);
  });
});

describe('a gateway that has just started, before a service that bears much', () => {
  it('sheds for a second or two at most, until it knows', async () => {
    // 150 calls at once, far from what would be a crowd.
    const many = { knee: 1_000, workMs: () => 300 };
    const loads = [load(2, 0.3125, many), load(8, 0.3125, many)];
    const chance = new Chance(1);
    const [first, then] = await simulate(adaptive(chance), loads, chance);
    expect((first?.shed ?? 0) / (first?.offered ?? 1)).toBeLessThan(0.5);
    expect((then?.shed ?? 0) / (then?.offered ?? 1)).toBeLessThanOrEqual(0.01);
  });
});

describe('a backend that becomes three times slower without overload', () => {
  const loads = [load(20, 0.2), load(20, 0.2, { workMs: () => 60 })];

  it.each(SEEDS)('has nothing shed by an adaptive limit (%i)', async seed => {
    const chance = new Chance(seed);
    const accounts = await simulate(adaptive(chance), loads, chance);
    expect(accounts.map(({ shed }) => shed)).toEqual([0, 0]);
  });

  it('has much shed by a limit that takes every longer time for a crowd', async () => {
    const chance = new Chance(1);
    const [before, after] = await simulate(behind(new GradientBound(), chance), loads, chance);
    expect(before?.shed).toBe(0);
    expect((after?.shed ?? 0) / (after?.offered ?? 1)).toBeGreaterThan(0.25);
  });
});

/** The control where every fixed limit is fine: the quotient of the shortest time and the last, whether or not it holds calls back. */
class GradientBound implements Bound {
  now = 20;
  #shortestMs = Number.POSITIVE_INFINITY;

  acquired(): void {}
  refused(): void {}

  settled({ headMs }: Sample): void {
    this.#shortestMs = Math.min(this.#shortestMs, headMs);
    const aim = (this.now * this.#shortestMs) / headMs + Math.sqrt(this.now);
    this.now = Math.min(Math.max(0.98 * this.now + 0.02 * aim, 4), 1_000);
  }
}
