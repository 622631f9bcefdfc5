import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { Service } from '../config/service.ts';
import type { Clock } from '../core/ports/clock.ts';
import { MirroredCalls } from './mirror.ts';

/** The mirrored calls of a service; undefined without `mirror`. */
export function mirroredCallsOf({ options: { mirror } }: Service, clock: Clock): MirroredCalls | undefined {
  if (mirror === undefined) return undefined;
  const { share, max } = { ...DEFAULTS.mirror, ...mirror };
  const deadlineMs = durationMs(DEFAULTS.timeout.headers);
  return new MirroredCalls({ share: Number.parseFloat(share) / 100, max, deadlineMs }, clock, Math.random);
}
