import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/service/retry/budget.ts';
import { LatencyHistogram } from '../../../src/service/retry/latency-histogram.ts';
import { retryAfterMs } from '../../../src/service/retry/retry-after.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';

/** An outage in which every call is repeated as often as the policy allows. */
function outage(perSecond: number, seconds: number, attempts: number, budgeted: boolean): number {
  const clock = new FakeClock();
  const budget = new RetryBudget(clock);
  let sent = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    budget.called();
    sent++;
    for (let again = 1; again < attempts && (!budgeted || budget.take()); again++) sent++;
    if (i % perSecond === perSecond - 1) clock.advance(1_000);
  }
  return sent / (perSecond * seconds);
}

describe('a retry budget', () => {
  it('limits an outage to 1.2 times the load, where three attempts alone would triple it', () => {
    expect(outage(500, 60, 3, true)).toBeLessThanOrEqual(1.2);
    expect(outage(500, 60, 3, false)).toBe(3);
  });

  it('allows ten retries per second at low traffic', () => {
    const clock = new FakeClock();
    const budget = new RetryBudget(clock);
    budget.called();
    expect(Array.from({ length: 101 }, () => budget.take()).filter(Boolean)).toHaveLength(100);
    expect(budget).toMatchObject({ taken: 100, refused: 1 });
    clock.advance(10_000);
    expect(budget.left).toBe(100);
  });

  it('forgets calls older than ten seconds after any idle time', () => {
    const clock = new FakeClock();
    const budget = new RetryBudget(clock);
    for (let i = 0; i < 10_000; i++) budget.called();
    expect(budget.left).toBe(2_000);
    clock.advance(9_000);
    expect(budget.left).toBe(2_000);
    clock.advance(3_600_000);
    expect(budget.left).toBe(100);
  });
});

describe('the latency histogram of a service', () => {
  it('is accurate to a tenth after enough responses', () => {
    const pace = new LatencyHistogram();
    const chance = new Chance(1);
    for (let i = 0; i < 49; i++) pace.add(10);
    expect(pace.within(0.95)).toBeUndefined();
    for (let i = 0; i < 5_000; i++) pace.add(100 * chance.next());
    expect(pace.within(0.5)).toBeGreaterThan(45);
    expect(pace.within(0.5)).toBeLessThan(60);
    expect(pace.within(0.95)).toBeGreaterThan(90);
    expect(pace.within(0.95)).toBeLessThan(110);
  });

  it('follows a service whose latency changes', () => {
    const pace = new LatencyHistogram();
    for (let i = 0; i < 5_000; i++) pace.add(5);
    for (let i = 0; i < 5_000; i++) pace.add(500);
    expect(pace.within(0.5)).toBeGreaterThan(450);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('Wed, 25 Nov 2026 12:00:00 GMT');

  it('is seconds or a date', () => {
    expect(retryAfterMs('3', now)).toBe(3_000);
    expect(retryAfterMs(' 99999999 ', now)).toBe(99_999_999_000);
    expect(retryAfterMs('Wed, 25 Nov 2026 12:00:05 GMT', now)).toBe(5_000);
    expect(retryAfterMs('Wed, 25 Nov 2026 11:00:00 GMT', now)).toBe(0);
  });

  it('is ignored in any other form', () => {
    for (const value of ['banana', '', '-1', '1.5', '1e3', '99999999999999', 'tomorrow GMT', undefined]) {
      expect(retryAfterMs(value, now)).toBeUndefined();
    }
  });
});
