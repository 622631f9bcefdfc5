import { type Drops, MAX_DROPS, MIN_LIMIT } from './phase.ts';
import type { SampleWindow } from './sample-window.ts';

/** The lowest limit that 429 responses cause: one client over its quota must not take the service from all others. */
const THROTTLED_LEAST = 10;

/** The drops of a window if they are too many. @param own the usual share of 429 and 503 of the service. */
export function tooManyDrops({ samples, drops, declined, throttled }: SampleWindow, own: number): Drops | undefined {
  const max = MAX_DROPS * samples;
  const expected = own * samples;
  // Plus a margin for random variation.
  const counted = drops - Math.min(declined, expected + 3 * Math.sqrt(expected));
  if (counted <= max) return undefined;
  return { share: drops / samples, min: counted - throttled > max ? MIN_LIMIT : THROTTLED_LEAST };
}
