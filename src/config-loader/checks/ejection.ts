import { DEFAULTS } from '../../config/defaults.ts';
import { durationMs } from '../../config/duration.ts';
import type { ServiceOptions } from '../../config/service.ts';
import type { ProblemDraft } from '../problem-draft.ts';
import type { OptionPath } from './targets.ts';

/** A base time above the maximum never takes effect. */
export function checkEjection({ ejection }: ServiceOptions, at: OptionPath): readonly ProblemDraft[] {
  if (ejection === undefined || ejection === false) return [];
  const { baseTime, maxTime } = { ...DEFAULTS.ejection, ...ejection };
  if (durationMs(baseTime) <= durationMs(maxTime)) return [];
  return [
    {
      code: 'P123',
      marks: [at(['ejection', 'baseTime' in ejection ? 'baseTime' : 'maxTime'])],
      message: `"ejection.baseTime" (${baseTime}) is longer than "ejection.maxTime" (${maxTime})`,
      remedy: `write baseTime: '${maxTime}' or less, or a longer maxTime`,
    },
  ];
}
