import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

function turns(weights: readonly number[], count: number): string {
  const names = [...'abcdefgh'];
  const targets = weights.map((weight, i) => listed(names[i] ?? '', { weight }));
  const balancer = groupOf(targets, new SmoothRoundRobin(), new FakeClock());
  return Array.from({ length: count }, () => balancer.pick(exchange(), []).target.origin.at(-1)).join('');
}

describe('smooth weighted round robin', () => {
  it('spreads the turns of a heavy target', () => {
    expect(turns([5, 1, 1], 14)).toBe('aabacaaaabacaa');
    expect(turns([1, 1, 1], 6)).toBe('abcabc');
  });

  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

  it('gives each target its weight in each round', () => {
    fc.assert(
      fc.property(weights, given => {
        const round = given.reduce((sum, weight) => sum + weight, 0);
        const taken = turns(given, 2 * round);
        for (const half of [taken.slice(0, round), taken.slice(round)]) {
          expect(given.map((_, i) => half.split('abcdefgh'[i] ?? '').length - 1)).toEqual(given);
        }
      }),
    );
  });

  it('is never more than one turn per other target ahead of or behind its share', () => {
    fc.assert(
      fc.property(weights, given => {
        const round = given.reduce((sum, weight) => sum + weight, 0);
        const taken = turns(given, round);
        for (let n = 1; n <= round; n++) {
          for (const [i, weight] of given.entries()) {
            const had = taken.slice(0, n).split('abcdefgh'[i] ?? '').length - 1;
            expect(Math.abs(had - (n * weight) / round)).toBeLessThanOrEqual(given.length);
          }
        }
      }),
    );
  });
});
