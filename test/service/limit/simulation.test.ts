import { describe, expect, it } from 'vitest';
import type { Limiter } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimiter } from '../../../src/service/limit/adaptive-limiter.ts';
import { FixedLimiter } from '../../../src/service/limit/fixed-limiter.ts';
import { Chance } from '../../support/chance.ts';
import { type Account, type Load, simulate } from '../../support/loaded-backend.ts';

const KNEE = 32;
const STREAMS = 10_000;
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
  readonly control: () => Limiter;
  /** The control's own loads, where fewer seconds show the same. */
  readonly controlLoads?: readonly Load[];
}

const unlimited = (): Limiter => new FixedLimiter('catalog', Number.POSITIVE_INFINITY, STREAMS);
const fixed256 = (): Limiter => new FixedLimiter('catalog', 256, STREAMS);

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

function adaptive(chance: Chance): Limiter {
  return new AdaptiveLimiter('catalog', STREAMS, () => chance.next());
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
  it.each(SEEDS)('costs an adaptive limit at most a tenth of the capacity, and normal traffic nothing (%i)', seed => {
    const chance = new Chance(seed);
    const { goodput, normalShed } = figures(
      scenario,
      scenario.loads,
      simulate(adaptive(chance), scenario.loads, chance),
    );
    expect(goodput).toBeGreaterThanOrEqual(0.9);
    expect(normalShed).toBeLessThanOrEqual(0.01);
  });

  it('is what makes a backend collapse without', () => {
    const loads = scenario.controlLoads ?? scenario.loads;
    const { goodput } = figures(scenario, loads, simulate(scenario.control(), loads, new Chance(1)));
    expect(goodput).toBeLessThan(0.4);
  });
});

// The weak spot, so that it is seen when it becomes weaker: with this seed the probe falls on the change and finds a crowd.
it('a knee that halves while the limit probes costs more, but not an eighth of the capacity', () => {
  const scenario = SCENARIOS['a knee that halves under overload'];
  if (scenario === undefined) throw new Error('no such scenario');
  const chance = new Chance(13);
  const { goodput, normalShed } = figures(scenario, scenario.loads, simulate(adaptive(chance), scenario.loads, chance));
  expect(goodput).toBeGreaterThanOrEqual(0.875);
  expect(normalShed).toBeLessThanOrEqual(0.01);
});

describe('a backend that becomes three times slower without overload', () => {
  const loads = [load(20, 0.2), load(20, 0.2, { workMs: () => 60 })];

  it.each(SEEDS)('has nothing shed by an adaptive limit (%i)', seed => {
    const chance = new Chance(seed);
    const accounts = simulate(adaptive(chance), loads, chance);
    expect(accounts.map(({ shed }) => shed)).toEqual([0, 0]);
  });

  it('has much shed by a limit that takes every longer time for a crowd', () => {
    const [before, after] = simulate(new GradientLimiter(), loads, new Chance(1));
    expect(before?.shed).toBe(0);
    expect((after?.shed ?? 0) / (after?.offered ?? 1)).toBeGreaterThan(0.25);
  });
});

/** The control where every fixed limit is fine: the quotient of the shortest time and the last, whether or not it holds calls back. */
class GradientLimiter extends FixedLimiter {
  override limit = 20;
  #shortestMs = Number.POSITIVE_INFINITY;

  constructor() {
    super('catalog', 20, STREAMS);
  }

  override learn(sample?: { readonly headMs: number }): void {
    const headMs = sample?.headMs ?? 0;
    this.#shortestMs = Math.min(this.#shortestMs, headMs);
    const aim = (this.limit * this.#shortestMs) / headMs + Math.sqrt(this.limit);
    this.limit = Math.min(Math.max(0.98 * this.limit + 0.02 * aim, 4), 1_000);
  }
}
