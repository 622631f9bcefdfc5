import { describe, expect, it } from 'vitest';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import type { GatewayError } from '../../../src/core/failure.ts';
import type { Attempt, Balancer } from '../../../src/core/ports/balancer.ts';
import { Ewma } from '../../../src/service/balance/ewma.ts';
import { keyOf } from '../../../src/service/balance/key.ts';
import { LeastRequests } from '../../../src/service/balance/least-requests.ts';
import type { LoadBalancingPolicy } from '../../../src/service/balance/load-balancing-policy.ts';
import { Rendezvous } from '../../../src/service/balance/rendezvous.ts';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers } from '../../support/exchange.ts';

const ewma = (): LoadBalancingPolicy => {
  const chance = new Chance(7);
  return new Ewma(() => chance.next());
};
const CHOICES: readonly (readonly [string, () => LoadBalancingPolicy])[] = [
  ['ewma', ewma],
  ['round-robin', () => new SmoothRoundRobin()],
  ['least-requests', () => new LeastRequests()],
  ['hash', () => new Rendezvous(keyOf({ header: 'x-user' }), ewma())],
];

let users = 0;
const anybody = () => exchange({ headers: headers({ 'X-User': `user-${users++}` }) });
const nameOf = ({ target }: Attempt): string => target.origin.slice('http://'.length);
const inFlight = (balancer: Balancer): number => balancer.targets().reduce((sum, each) => sum + each.inFlight, 0);
const streams = (balancer: Balancer): number => balancer.targets().reduce((sum, each) => sum + each.streams, 0);

function refusalOf(call: () => unknown): GatewayError {
  try {
    call();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('nothing was refused');
}

describe.each(CHOICES)('%s', (_name, choice) => {
  const bench = (targets: Parameters<typeof groupOf>[0], policy: Parameters<typeof groupOf>[3] = {}) => {
    const clock = new FakeClock();
    return { clock, balancer: groupOf(targets, choice(), clock, policy) };
  };
  const calls = (balancer: Balancer, count: number): Attempt[] =>
    Array.from({ length: count }, () => {
      const attempt = balancer.pick(anybody(), []);
      attempt.report(callOutcome('answered'), 5);
      attempt.release();
      return attempt;
    });
  const failing = (balancer: Balancer, name: string, times = 5): void => {
    const others = balancer.targets().flatMap(each => (each.target.origin === `http://${name}` ? [] : [each.target]));
    for (let i = 0; i < times; i++) {
      const attempt = balancer.pick(anybody(), others);
      expect(nameOf(attempt)).toBe(name);
      attempt.report(callOutcome('reset'), 1);
      attempt.release();
    }
  };

  it.each([1, 2, 3, 500])('picks each of %i targets from time to time', count => {
    const { balancer } = bench(Array.from({ length: count }, (_, i) => listed(`m${i}`)));
    const attempts = calls(balancer, count * 30);
    expect(new Set(attempts.map(nameOf)).size).toBe(count);
  });

  it('picks no target that is ejected while others are available', () => {
    const { balancer, clock } = bench(['a', 'b', 'c', 'd'].map(name => listed(name)));
    failing(balancer, 'a');
    failing(balancer, 'b');
    expect(new Set(calls(balancer, 200).map(nameOf))).toEqual(new Set(['c', 'd']));
    clock.advance(1_000);
    failing(balancer, 'c', 0);
    expect(balancer.targets().map(({ aside }) => aside)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('picks all targets in panic mode', () => {
    const { balancer } = bench(
      ['a', 'b', 'c', 'd'].map(name => listed(name)),
      { maxShare: 1 },
    );
    for (const name of ['a', 'b', 'c']) failing(balancer, name);
    // A failure raises the cost for a while, so each target gets its share only in time.
    expect(new Set(Array.from({ length: 400 }, () => nameOf(balancer.pick(anybody(), [])))).size).toBe(4);
    expect(
      balancer.hasOther(
        balancer
          .targets()
          .slice(3)
          .map(each => each.target),
      ),
    ).toBe(false);
  });

  it('picks a target twice only if there is no other', () => {
    const { balancer } = bench(['a', 'b', 'c'].map(name => listed(name)));
    const [a, b, c] = balancer.targets().map(each => each.target);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three machines');
    for (let i = 0; i < 50; i++) {
      expect(['b', 'c']).toContain(nameOf(balancer.pick(anybody(), [a])));
      expect(nameOf(balancer.pick(anybody(), [a, c]))).toBe('b');
    }
    expect(['a', 'b', 'c']).toContain(nameOf(balancer.pick(anybody(), [a, b, c])));
    expect(balancer.hasOther([a, c])).toBe(true);
    expect(balancer.hasOther([a, b, c])).toBe(false);
  });

  it('counts calls and streams once each until they end', () => {
    const { balancer } = bench(['a', 'b'].map(name => listed(name)));
    const attempts = Array.from({ length: 20 }, () => balancer.pick(anybody(), []));
    expect(inFlight(balancer)).toBe(20);
    for (const attempt of attempts.slice(0, 5)) {
      attempt.stream();
      attempt.stream();
    }
    expect([inFlight(balancer), streams(balancer)]).toEqual([15, 5]);
    for (const attempt of [...attempts, ...attempts]) attempt.release();
    for (const attempt of attempts) attempt.stream();
    expect([inFlight(balancer), streams(balancer)]).toEqual([0, 0]);
  });

  it('passes over a full target and rejects if all are full', () => {
    const { balancer } = bench([listed('a', { max: 2 }), listed('b', { max: 1 })]);
    const attempts = Array.from({ length: 3 }, () => balancer.pick(anybody(), []));
    expect(attempts.map(nameOf).toSorted()).toEqual(['a', 'a', 'b']);
    expect(balancer.hasOther([])).toBe(false);
    const refusal = refusalOf(() => balancer.pick(anybody(), []));
    expect(refusal).toMatchObject({ code: 'limit.shed', details: { headers: ['Retry-After', '1'] } });
    expect(refusalOf(() => balancer.pick(anybody(), []))).toBe(refusal);
    expect(balancer.shed).toBe(2);
    // A stream does not count as a call.
    attempts.find(attempt => nameOf(attempt) === 'b')?.stream();
    expect(nameOf(balancer.pick(anybody(), []))).toBe('b');
  });

  it('repeats a target rather than picking a full one', () => {
    const { balancer } = bench([listed('a'), listed('b', { max: 1 })]);
    const [a, b] = balancer.targets().map(each => each.target);
    if (a === undefined || b === undefined) throw new Error('two machines');
    balancer.pick(anybody(), [a]);
    expect(nameOf(balancer.pick(anybody(), [a]))).toBe('a');
  });

  it('fails if no target is known', () => {
    const { balancer } = bench([]);
    expect(refusalOf(() => balancer.pick(anybody(), []))).toMatchObject({
      code: 'upstream.unresolved',
      details: { neverSent: true },
    });
    expect(balancer.hasOther([])).toBe(false);
  });

  it('ignores inconclusive outcomes', () => {
    const { balancer } = bench(['a', 'b'].map(name => listed(name)));
    for (let i = 0; i < 100; i++) balancer.pick(anybody(), []).report(callOutcome('client_disconnected'), 5_000);
    expect(balancer.targets().map(({ aside, costMs }) => [aside, costMs])).toEqual([
      [undefined, 0],
      [undefined, 0],
    ]);
  });
});
