import { describe, expect, it } from 'vitest';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import { type Balance, type Canary, defineService } from '../../../src/index.ts';
import { balancerOf } from '../../../src/service/balance/balancer-of.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers } from '../../support/exchange.ts';

function bench(
  canary: Omit<Canary, 'targets'>,
  balance: Balance = 'ewma',
  targets: Canary['targets'] = ['http://new'],
) {
  const chance = new Chance(3);
  const clock = new FakeClock();
  const service = defineService('catalog', {
    targets: ['http://old1', 'http://old2'],
    balance,
    canary: { ...canary, targets: targets },
  });
  const { balancer } = balancerOf(service, clock, () => chance.next());
  const isNew = (fields: Record<string, string> = {}, tried: readonly string[] = []): boolean => {
    const targets = balancer.targets().flatMap(({ target }) => (tried.includes(target.origin) ? [target] : []));
    const attempt = balancer.pick(exchange({ headers: headers(fields) }), targets);
    attempt.release();
    return attempt.target.origin === 'http://new';
  };
  const share = (count: number, fields: (i: number) => Record<string, string> = () => ({})): number =>
    Array.from({ length: count }, (_, i) => isNew(fields(i))).filter(Boolean).length / count;
  return { clock, balancer, isNew, share };
}

describe('the canary', () => {
  it('gets its share of the calls', () => {
    expect(bench({ share: '5%' }).share(10_000)).toBeCloseTo(0.05, 2);
    expect(bench({ share: '100%' }).share(100)).toBe(1);
  });

  it('is chosen by the header, then by the cookie, then by its share', () => {
    const { isNew, share } = bench({ share: '5%', header: 'X-Canary', cookie: 'canary' });
    expect(share(200, () => ({ 'x-canary': 'always', cookie: 'canary=never' }))).toBe(1);
    expect(share(200, () => ({ 'x-canary': 'never', cookie: 'canary=always' }))).toBe(0);
    expect(share(200, () => ({ 'x-canary': 'perhaps', cookie: 'a=b; canary=always' }))).toBe(1);
    expect(share(200, () => ({ cookie: 'canary=never' }))).toBe(0);
    const undecided = share(5_000, () => ({ 'x-canary': '1', cookie: 'canary=yes' }));
    expect(undecided).toBeGreaterThan(0.03);
    expect(undecided).toBeLessThan(0.07);
    expect(isNew({ 'x-canary': 'always' })).toBe(true);
  });

  it('gets only explicit requests without a share', () => {
    expect(bench({ header: 'x-canary' }).share(500)).toBe(0);
  });

  it('keeps its share of the keys with a hash policy', () => {
    const { isNew, share } = bench({ share: '20%' }, { hash: { cookie: 'sid' } });
    const users = Array.from({ length: 2_000 }, (_, i) => ({ cookie: `sid=user-${i}` }));
    const first = users.map(fields => isNew(fields));
    expect(users.map(fields => isNew(fields))).toEqual(first);
    expect(first.filter(Boolean).length / users.length).toBeCloseTo(0.2, 1);
    expect(share(2_000)).toBeCloseTo(0.2, 1);
  });
});

describe('a canary', () => {
  it('gets no retries', () => {
    const { isNew } = bench({ share: '100%' });
    expect(isNew()).toBe(true);
    expect(isNew({}, ['http://new'])).toBe(false);
    expect(isNew({}, ['http://old1'])).toBe(false);
  });

  it('that is full is passed over', () => {
    const { balancer, isNew } = bench({ share: '100%' }, 'ewma', [{ url: 'http://new', max: 1 }]);
    const held = balancer.pick(exchange(), []);
    expect(isNew()).toBe(false);
    held.release();
    expect(isNew()).toBe(true);
  });

  it('that fails is ejected for its time, even as the only target', () => {
    const { balancer, isNew, clock } = bench({ share: '100%' });
    for (let i = 0; i < 5; i++) balancer.pick(exchange(), []).report(callOutcome('reset'), 1);
    expect(isNew()).toBe(false);
    expect(balancer.ejections).toBe(1);
    clock.advance(1_000);
    expect(isNew()).toBe(true);
  });

  it('that sends Retry-After backs off', () => {
    const { balancer, isNew, clock } = bench({ share: '100%' });
    balancer.pick(exchange(), []).report(callOutcome('overloaded'), 1, 2_000);
    expect(isNew()).toBe(false);
    clock.advance(2_000);
    expect(isNew()).toBe(true);
  });

  it('is marked in the list of targets', () => {
    const { balancer } = bench({ share: '5%' });
    expect(balancer.targets().map(({ target, group }) => `${target.origin} ${group}`)).toEqual([
      'http://old1 stable',
      'http://old2 stable',
      'http://new canary',
    ]);
    expect(balancer.hasOther([])).toBe(true);
    expect(balancer.shed).toBe(0);
  });
});
