import { type Drops, MAX_DROPS, MIN_LIMIT } from './phase.ts';
import type { SampleWindow } from './sample-window.ts';

/** What 429 lower the limit to at the least: one client over its quota must not take the service from all others. */
const THROTTLED_LEAST = 10;

/**
 * The drops of a window, where they are too many. @param own the share of 429 and 503 that the service gives in any
 * case.
 */
export function tooManyDrops({ samples, drops, declined, throttled }: SampleWindow, own: number): Drops | undefined {
  const max = MAX_DROPS * samples;
  const expected = own * samples;
  // And as many more as chance makes of them.
  const counted = drops - Math.min(declined, expected + 3 * Math.sqrt(expected));
  if (counted <= max) return undefined;
  return { share: drops / samples, min: counted - throttled > max ? MIN_LIMIT : THROTTLED_LEAST };
}
