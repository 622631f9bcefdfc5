import { expect, it } from 'vitest';
import { BackOff } from '../../src/core/back-off.ts';

it('replaces the first worker at once, then waits longer for each death, at most ten seconds', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 10 }, (_, i) => backOff.next(i));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
});

it('forgets deaths after a minute', () => {
  const backOff = new BackOff();
  backOff.next(0);
  backOff.next(1);
  expect(backOff.next(60_002)).toBe(0);
});
