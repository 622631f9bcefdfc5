import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateCounts } from '../../src/core/rate-counts.ts';

const QUOTA = { id: 'a', intervalMs: 200, burst: 3 };

describe('the count of a key', () => {
  it('allows a burst, then one request per interval, and says when', () => {
    const counts = new RateCounts();
    const take = (now: number) => counts.take(QUOTA, 'k', now);
    expect(take(0)).toEqual({ allowed: true, remaining: 2, retryMs: 0, resetMs: 200 });
    expect(take(0)).toMatchObject({ allowed: true, remaining: 1 });
    expect(take(0)).toMatchObject({ allowed: true, remaining: 0, resetMs: 600 });
    expect(take(0)).toEqual({ allowed: false, remaining: 0, retryMs: 200, resetMs: 600 });
    expect(take(150)).toMatchObject({ allowed: false, retryMs: 50 });
    expect(take(200)).toMatchObject({ allowed: true, remaining: 0 });
    expect(take(200)).toMatchObject({ allowed: false });
    expect(take(5_000)).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('can be read without being counted', () => {
    const counts = new RateCounts();
    expect(counts.peek(QUOTA, 'k', 0)).toMatchObject({ allowed: true, remaining: 2 });
    expect(counts.size).toBe(0);
    for (let i = 0; i < 3; i++) counts.take(QUOTA, 'k', 0);
    for (let i = 0; i < 5; i++) expect(counts.peek(QUOTA, 'k', 100)).toMatchObject({ allowed: false, retryMs: 100 });
    expect(counts.peek(QUOTA, 'other', 0)).toMatchObject({ allowed: true, remaining: 2 });
    expect(counts.peek(QUOTA, 'k', 50_000)).toMatchObject({ allowed: true, remaining: 2 });
    expect(counts.take(QUOTA, 'k', 200).allowed).toBe(true);
  });

  it('is its own: neither other keys nor other limits count', () => {
    const counts = new RateCounts();
    for (let i = 0; i < 3; i++) counts.take(QUOTA, 'k', 0);
    expect(counts.take(QUOTA, 'other', 0).allowed).toBe(true);
    expect(counts.take({ ...QUOTA, id: 'b' }, 'k', 0).allowed).toBe(true);
    expect(counts.take(QUOTA, 'k', 0).allowed).toBe(false);
  });

  it('starts anew when a reload has changed the limit, apart from the old one', () => {
    const counts = new RateCounts();
    for (let i = 0; i < 3; i++) counts.take(QUOTA, 'k', 0);
    const edited = { ...QUOTA, burst: 2 };
    const generations = [QUOTA, edited, QUOTA, edited, QUOTA, edited, QUOTA, edited];
    const allowed = generations.map(quota => counts.take(quota, 'k', 0).allowed);
    expect(allowed).toEqual([false, true, false, true, false, false, false, false]);
  });

  it('counts requests within a millisecond', () => {
    const counts = new RateCounts();
    const quota = { id: 'a', intervalMs: 0.25, burst: 1 };
    const allowed = Array.from({ length: 4_000 }, (_, i) => counts.take(quota, 'k', i / 4).allowed);
    expect(allowed).not.toContain(false);
  });

  it('of a limit without requests is forgotten when another one is counted', () => {
    const counts = new RateCounts();
    for (let i = 0; i < 1_000; i++) counts.take(QUOTA, `k${i}`, 0);
    counts.take({ ...QUOTA, id: 'b' }, 'k', 5_000);
    expect(counts.size).toBe(1);
  });

  const schedule = fc.record({
    intervalMs: fc.double({ min: 0.01, max: 5_000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 20 }),
    gapsMs: fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 }),
  });

  it('never allows more than the burst and the rate, in any time', () => {
    fc.assert(
      fc.property(schedule, ({ intervalMs, burst, gapsMs }) => {
        const counts = new RateCounts();
        const allowed: number[] = [];
        let now = 1_700_000_000_000;
        for (const gap of gapsMs) {
          now += gap;
          if (counts.take({ id: 'a', intervalMs, burst }, 'k', now).allowed) allowed.push(now);
        }
        for (const [i, from] of allowed.entries()) {
          for (const [j, to] of allowed.slice(i).entries()) {
            expect(j + 1).toBeLessThanOrEqual(burst + (to - from) / intervalMs + 1e-3);
          }
        }
      }),
    );
  });

  it('refuses nobody who keeps to the rate, and a refused request is allowed when it was told', () => {
    fc.assert(
      fc.property(schedule, ({ intervalMs, burst, gapsMs }) => {
        const counts = new RateCounts();
        let now = 0;
        for (let i = 0; i < 50; i++) {
          expect(counts.take({ id: 'a', intervalMs, burst }, 'patient', now).allowed).toBe(true);
          now += Math.ceil(intervalMs);
        }
        for (const gap of gapsMs) {
          now += gap;
          const { allowed, retryMs } = counts.take({ id: 'a', intervalMs, burst }, 'k', now);
          if (allowed) continue;
          now += Math.ceil(retryMs);
          expect(counts.take({ id: 'a', intervalMs, burst }, 'k', now).allowed).toBe(true);
        }
      }),
    );
  });

  it('is forgotten when it no longer says anything', () => {
    const counts = new RateCounts();
    for (let i = 0; i < 1_000; i++) counts.take(QUOTA, `k${i}`, i);
    expect(counts.size).toBeGreaterThan(500);
    counts.take(QUOTA, 'late', 10_000);
    expect(counts.size).toBe(1);
    for (let now = 10_000; now < 20_000; now++) counts.take(QUOTA, `k${now}`, now);
    expect(counts.size).toBeLessThanOrEqual(1_201);
  });

  it('of a million keys stays within its bound, and a busy key stays counted', () => {
    const counts = new RateCounts(10_000);
    for (let i = 0; i < 1_000_000; i++) {
      counts.take({ id: 'a', intervalMs: 60_000, burst: 60 }, `k${i}`, 0);
      if (i % 1_000 === 0) counts.take({ id: 'a', intervalMs: 60_000, burst: 60 }, 'busy', 0);
    }
    expect(counts.size).toBeLessThanOrEqual(10_001);
    expect(counts.take({ id: 'a', intervalMs: 60_000, burst: 60 }, 'busy', 0).allowed).toBe(false);
  });
});
