import { expect, it } from 'vitest';
import { Timetable } from '../../bench/latency/timetable.ts';

it('fixes the moment of every request before the first one', () => {
  const timetable = new Timetable(1_000, 200, 2);
  expect(timetable.count).toBe(400);
  expect([0, 1, 399].map(i => timetable.due(i))).toEqual([1_000, 1_005, 2_995]);
});

it('does not drift with rates that are no divisor of a second', () => {
  const timetable = new Timetable(0, 3, 10);
  expect(timetable.due(30)).toBeCloseTo(10_000);
});
