import { describe, expect, it } from 'vitest';
import { medianOf, percentile, ratiosOf, spreadOf } from '../../bench/measure/spread.ts';

describe('the rounds of a figure', () => {
  it('have a lowest, a middle and a highest value', () => {
    expect(spreadOf([3, 1, 10])).toEqual({ min: 1, median: 3, max: 10 });
  });

  it('of an even number have the mean of the middle two as median', () => {
    expect(medianOf([4, 1, 10, 2])).toBe(3);
    expect(medianOf([])).toBeNaN();
  });

  it('are not sorted in place', () => {
    const rounds = [3, 1, 2];
    expect(medianOf(rounds)).toBe(2);
    expect(rounds).toEqual([3, 1, 2]);
  });

  it('are compared with the same round of another server', () => {
    expect(ratiosOf([2, 9], [1, 3])).toEqual([2, 3]);
  });

  it('are compared only where both have one', () => {
    expect(ratiosOf([2, 9], [1])).toEqual([2]);
    expect(ratiosOf([2], [])).toEqual([]);
  });
});

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  it.each([
    [0.5, 50],
    [0.99, 99],
    [0.999, 100],
    [0, 1],
  ])('is a measured value: %d of 1 to 100', (share, value) => {
    expect(percentile(hundred, share)).toBe(value);
  });

  it('of nothing is no number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});
