import { describe, expect, it } from 'vitest';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import { Ewma } from '../../../src/service/balance/ewma.ts';
import { PeakEwma } from '../../../src/service/balance/peak-ewma.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

describe('the peak EWMA of latencies', () => {
  it('rises at once and falls gradually', () => {
    const cost = new PeakEwma();
    expect(cost.at(5_000)).toBe(0);
    cost.observe(100, 5_000);
    cost.observe(300, 5_000);
    expect(cost.at(5_000)).toBe(300);
    cost.observe(100, 15_000);
    expect(cost.at(15_000)).toBeCloseTo(100 + 200 / Math.E);
  });

  it('decays without samples', () => {
    const cost = new PeakEwma();
    cost.observe(300, 0);
    expect(cost.at(10_000)).toBeCloseTo(300 / Math.E);
    // The past must not count twice at the next sample.
    cost.observe(20, 10_000);
    expect(cost.at(10_000)).toBeCloseTo(20 + 280 / Math.E);
  });

  it('ignores samples that arrive out of order', () => {
    const cost = new PeakEwma();
    cost.observe(100, 10_000);
    cost.observe(50, 9_000);
    expect(cost.at(10_000)).toBe(100);
    cost.observe(200, 9_000);
    expect(cost.at(10_000)).toBe(200);
  });

  it('counts a failure as at least one second, until a response arrives', () => {
    const cost = new PeakEwma();
    cost.observe(20, 0);
    cost.failed(1, 0);
    expect(cost.at(0)).toBe(1_000);
    expect(cost.at(10_000)).toBeCloseTo(1_000 / Math.E);
    cost.observe(20, 10_000);
    expect(cost.at(10_000)).toBeCloseTo(20);
    cost.failed(9_000, 20_000);
    cost.observe(20, 20_000);
    expect(cost.at(20_000)).toBe(9_000);
  });

  it('handles a response within the clock’s resolution', () => {
    const cost = new PeakEwma();
    cost.observe(0, 5_000);
    expect(cost.at(5_000)).toBeGreaterThan(0);
  });
});

describe('the choice of the faster of two', () => {
  const bench = (...names: string[]) => {
    const clock = new FakeClock();
    const chance = new Chance(11);
    const balancer = groupOf(
      names.map(name => listed(name)),
      new Ewma(() => chance.next()),
      clock,
    );
    const targets = balancer.targets().map(({ target }) => target);
    const teach = (name: string, headersMs: number, how: 'answered' | 'reset' = 'answered'): void => {
      const others = targets.filter(({ origin }) => origin !== `http://${name}`);
      const attempt = balancer.pick(exchange(), others);
      attempt.report(callOutcome(how), headersMs);
      attempt.release();
    };
    const pick = () => balancer.pick(exchange(), []);
    const picks = (count: number): Record<string, number> => {
      const taken: Record<string, number> = Object.fromEntries(names.map(name => [name, 0]));
      for (let i = 0; i < count; i++) {
        const attempt = pick();
        const name = attempt.target.origin.slice('http://'.length);
        taken[name] = (taken[name] ?? 0) + 1;
        attempt.release();
      }
      return taken;
    };
    return { clock, balancer, teach, pick, picks };
  };

  it('prefers the faster target and returns to the slower one when its cost has decayed', () => {
    const { clock, teach, picks } = bench('fast', 'slow');
    teach('fast', 20);
    teach('slow', 200);
    expect(picks(20)).toEqual({ fast: 20, slow: 0 });
    clock.advance(60_000);
    teach('fast', 20);
    expect(picks(20)).toEqual({ fast: 0, slow: 20 });
  });

  it('gives way when the faster target is busy', () => {
    const { balancer, teach } = bench('fast', 'slow');
    teach('fast', 20);
    teach('slow', 100);
    const held = Array.from({ length: 12 }, () => balancer.pick(exchange(), []).target.origin);
    expect(held.filter(origin => origin === 'http://slow')).toHaveLength(2);
  });

  it('does not prefer a target that fails at once', () => {
    const { teach, picks } = bench('good', 'failing');
    teach('good', 300);
    teach('failing', 1, 'reset');
    expect(picks(20)).toEqual({ good: 20, failing: 0 });
  });

  it('sends one call to a new target and waits for its response', () => {
    const { teach, balancer } = bench('old', 'new');
    teach('old', 20);
    const held = Array.from({ length: 10 }, () => balancer.pick(exchange(), []));
    expect(held.filter(({ target }) => target.origin === 'http://new')).toHaveLength(1);
    for (const attempt of held) attempt.report(callOutcome('answered'), 5);
    expect(balancer.pick(exchange(), []).target.origin).toBe('http://new');
  });
});
