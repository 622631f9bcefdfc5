import type { Clock } from '../core/ports/clock.ts';
import { DEFAULTS } from '../define/defaults.ts';
import { durationMs } from '../define/duration.ts';
import type { Service } from '../define/service.ts';
import { Copies } from './mirror.ts';

/** The copies of a service's calls; undefined where it asks for none. */
export function copiesOf({ options: { mirror } }: Service, clock: Clock): Copies | undefined {
  if (mirror === undefined) return undefined;
  const { share, most } = { ...DEFAULTS.mirror, ...mirror };
  const deadlineMs = durationMs(DEFAULTS.timeout.head);
  return new Copies({ share: Number.parseFloat(share) / 100, most, deadlineMs }, clock, Math.random);
}
