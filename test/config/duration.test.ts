import { describe, expect, it } from 'vitest';
import { parseDuration, writtenDuration } from '../../src/config/duration.ts';

describe('a duration', () => {
  it.each([
    ['800ms', 800],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('has a number and a unit: %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['5', '5 minutes', 's', '-1s', '1e3s', '', '10s '])('has no other form: "%s"', text => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('is written with the largest unit that fits', () => {
    expect([800, 1_500, 2_000, 90_000, 120_000, 86_400_000].map(writtenDuration)).toEqual([
      '800ms',
      '1500ms',
      '2s',
      '90s',
      '2m',
      '1d',
    ]);
  });
});
