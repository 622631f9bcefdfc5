import { DEFAULTS } from '../../define/defaults.ts';
import { durationMs } from '../../define/duration.ts';
import type { ServiceOptions } from '../../define/service.ts';
import type { Draft } from '../draft.ts';
import type { At } from './targets.ts';

/** A first time that is longer than the longest would never be. */
export function checkEjection({ ejection }: ServiceOptions, at: At): readonly Draft[] {
  if (ejection === undefined || ejection === false) return [];
  const { first, longest } = { ...DEFAULTS.ejection, ...ejection };
  if (durationMs(first) <= durationMs(longest)) return [];
  return [
    {
      code: 'P123',
      marks: [at(['ejection', 'first' in ejection ? 'first' : 'longest'])],
      message: `"ejection.first" (${first}) is longer than "ejection.longest" (${longest})`,
      remedy: `write first: '${longest}' or less, or a longer longest`,
    },
  ];
}
