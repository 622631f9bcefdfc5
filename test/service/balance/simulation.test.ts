import { describe, expect, it } from 'vitest';
import { Ewma } from '../../../src/service/balance/ewma.ts';
import { LeastRequests } from '../../../src/service/balance/least-requests.ts';
import type { LoadBalancingPolicy } from '../../../src/service/balance/load-balancing-policy.ts';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import type { TargetPoolOptions } from '../../../src/service/balance/target-pool.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { Chance } from '../../support/chance.ts';
import {
  type Account,
  quantile,
  type Replica,
  Replicas,
  SimulatedClock,
  shareOfFailed,
} from '../../support/replicas.ts';

type Policy = Partial<TargetPoolOptions['policy']>;

const SEEDS = [1, 2, 3];
/** A fifth of the capacity of five healthy replicas, which is 2,000 a second. */
const LOAD = { seconds: 60, perSecond: 400 };
const taking = (meanMs: number, workers = 8): Replica => ({
  workers,
  workMs: chance => meanMs * (0.5 - 0.5 * Math.log(1 - chance.next())),
});
const HEALTHY = taking(20);
// Room for its share of the calls: slow, but not overloaded.
const SLOW = taking(200, 32);
const FAILING: Replica = { workers: 8, workMs: () => 1, fails: true };
const five = (last: Replica) => ({ a: HEALTHY, b: HEALTHY, c: HEALTHY, d: HEALTHY, e: last });

function run(
  seed: number,
  choiceBy: (chance: () => number) => LoadBalancingPolicy,
  replicas: Readonly<Record<string, Replica>>,
  policy: Policy = {},
): Account {
  const clock = new SimulatedClock();
  const chance = new Chance(seed);
  const targets = Object.keys(replicas).map(name => listed(name));
  const group = groupOf(
    targets,
    choiceBy(() => chance.next()),
    clock,
    { slowStartMs: 30_000, ...policy },
  );
  return new Replicas(group, clock, replicas, chance).bear(LOAD);
}

const ewma = (chance: () => number): LoadBalancingPolicy => new Ewma(chance);
const roundRobin = (): LoadBalancingPolicy => new SmoothRoundRobin();
const minRequests = (): LoadBalancingPolicy => new LeastRequests();
const NO_EJECTION: Policy = { failures: Number.POSITIVE_INFINITY };

describe.each(SEEDS)('one replica of five that is ten times slower (seed %i)', seed => {
  const healthy = quantile(run(seed, ewma, five(HEALTHY)), 0.99);

  it('hardly affects latency with ewma', () => {
    expect(quantile(run(seed, ewma, five(SLOW)), 0.99) / healthy).toBeLessThanOrEqual(1.5);
  });

  it('slows the control down: round robin', () => {
    expect(quantile(run(seed, roundRobin, five(SLOW)), 0.99) / healthy).toBeGreaterThanOrEqual(4);
  });
});

describe.each(SEEDS)('one replica of five that fails at once (seed %i)', seed => {
  it.each([
    ['ewma', ewma, {}],
    ['ewma without ejection', ewma, NO_EJECTION],
    ['round robin', roundRobin, {}],
    ['the fewest requests', minRequests, {}],
  ] as const)('fails almost no call with %s', (_name, choice, policy) => {
    expect(shareOfFailed(run(seed, choice, five(FAILING), policy))).toBeLessThanOrEqual(0.005);
  });

  it('attracts calls in the control: least requests without ejection', () => {
    expect(shareOfFailed(run(seed, minRequests, five(FAILING), NO_EJECTION))).toBeGreaterThan(0.2);
  });
});

describe('replicas that all fail', () => {
  const failing = { a: FAILING, b: FAILING, c: FAILING, d: FAILING, e: FAILING };

  it('all stay in use, ejected or not', () => {
    const { asked, refused } = run(1, roundRobin, failing, { maxShare: 1 });
    expect(refused).toBe(0);
    for (const count of Object.values(asked)) expect(count).toBeGreaterThan(1_000);
  });

  it('stay out of use in the control: no panic mode', () => {
    const { asked, refused } = run(1, roundRobin, failing, { maxShare: 1, panicShare: 0 });
    expect(refused).toBeGreaterThan(20_000);
    for (const count of Object.values(asked)) expect(count).toBeLessThan(1_000);
  });
});
