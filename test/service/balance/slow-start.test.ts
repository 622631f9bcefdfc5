import { describe, expect, it } from 'vitest';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import { LeastRequests } from '../../../src/service/balance/least-requests.ts';
import type { LoadBalancingPolicy } from '../../../src/service/balance/load-balancing-policy.ts';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

function bench(choice: LoadBalancingPolicy, weight = 1) {
  const clock = new FakeClock();
  const balancer = groupOf([listed('a', { weight }), listed('b', { weight })], choice, clock, { slowStartMs: 30_000 });
  const [a, b] = balancer.targets().map(({ target }) => target);
  if (a === undefined || b === undefined) throw new Error('two machines');
  const eject = (): void => {
    for (let i = 0; i < 5; i++) {
      const attempt = balancer.pick(exchange(), [b]);
      attempt.report(callOutcome('reset'), 1);
      attempt.release();
    }
  };
  const share = (): number => {
    const attempts = Array.from({ length: 1_100 }, () => balancer.pick(exchange(), []));
    for (const attempt of attempts) attempt.release();
    return attempts.filter(({ target }) => target === a).length / attempts.length;
  };
  return { clock, balancer, eject, share };
}

describe.each([
  ['round robin', () => new SmoothRoundRobin()],
  ['the fewest requests', () => new LeastRequests()],
])('a slow start with %s', (_name, choice) => {
  it('grows from a tenth to the full weight', () => {
    const { clock, eject, share } = bench(choice());
    expect(share()).toBeCloseTo(0.5, 1);
    eject();
    expect(share()).toBe(0);
    clock.advance(1_000);
    expect(share()).toBeCloseTo(0.1 / 1.1, 1);
    clock.advance(15_000);
    expect(share()).toBeCloseTo(0.55 / 1.55, 1);
    clock.advance(15_000);
    expect(share()).toBeCloseTo(0.5, 1);
  });
});

it('reports the current weight', () => {
  const { clock, balancer, eject } = bench(new SmoothRoundRobin(), 4);
  const weights = () => balancer.targets().map(({ weight }) => weight);
  expect(weights()).toEqual([4, 4]);
  eject();
  clock.advance(1_000);
  expect(weights()[0]).toBeCloseTo(0.4);
  let last = 0.4;
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    const [weight = 0] = weights();
    expect(weight).toBeGreaterThan(last);
    last = weight;
  }
  expect(weights()).toEqual([4, 4]);
});
