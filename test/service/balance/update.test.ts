import { describe, expect, it } from 'vitest';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

function bench(...names: string[]) {
  const clock = new FakeClock();
  const targets = names.map(name => listed(name));
  const balancer = groupOf(targets, new SmoothRoundRobin(), clock, { slowStartMs: 30_000 });
  const weights = () =>
    balancer.targets().map(({ target, weight }) => `${target.origin.slice('http://'.length)} ${weight}`);
  return { clock, balancer, weights };
}

describe('targets that change', () => {
  it('start slowly beside others, but not as the first ones', () => {
    const { clock, balancer, weights } = bench();
    expect(balancer.update([listed('a'), listed('b')])).toEqual([]);
    expect(weights()).toEqual(['a 1', 'b 1']);
    balancer.update([listed('a'), listed('b'), listed('c', { weight: 4 })]);
    expect(weights()).toEqual(['a 1', 'b 1', 'c 0.4']);
    clock.advance(30_000);
    expect(weights()).toEqual(['a 1', 'b 1', 'c 4']);
  });

  it('keep their state while they stay', () => {
    const { balancer, weights } = bench('a', 'b', 'c');
    const before = balancer.targets().map(({ target }) => target);
    const attempt = balancer.pick(exchange(), []);
    for (let i = 0; i < 5; i++) balancer.pick(exchange(), before.slice(1)).report(callOutcome('reset'), 1);
    balancer.update([listed('a', { weight: 2 }), listed('b'), listed('c')]);
    const [a] = balancer.targets();
    expect(a).toMatchObject({ aside: 'ejected', inFlight: 6, weight: expect.closeTo(0.2) });
    expect(a?.target).toBe(attempt.target);
    expect(weights()).toHaveLength(3);
  });

  it('finish their calls after their removal', () => {
    const { balancer } = bench('a', 'b');
    const attempt = balancer.pick(exchange(), []);
    expect(balancer.update([listed('b')])).toEqual([attempt.target]);
    expect(balancer.pick(exchange(), []).target.origin).toBe('http://b');
    attempt.report(callOutcome('answered'), 5);
    attempt.release();
    expect(balancer.targets()).toHaveLength(1);
  });

  it('get twice the weight if they are listed twice, after any number of updates', () => {
    const { balancer, weights } = bench('a', 'a', 'b');
    expect(weights()).toEqual(['a 2', 'b 1']);
    expect(balancer.update([listed('a'), listed('a'), listed('b')])).toEqual([]);
    expect(weights()).toEqual(['a 2', 'b 1']);
  });
});
