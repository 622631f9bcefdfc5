import type { Clock } from '../../core/ports/clock.ts';
import type { Transport } from '../../core/ports/transport.ts';
import type { HealthCheck } from '../../define/balancing.ts';
import { DEFAULTS } from '../../define/defaults.ts';
import { durationMs } from '../../define/duration.ts';
import type { Service } from '../../define/service.ts';
import type { ListedGroup } from '../balance/balancer-of.ts';
import { GroupChecks } from './group-checks.ts';
import { probeOver } from './probe.ts';

/**
 * The checks of a service's machines; none where it does not ask for any.
 * @param chance from 0 up to 1.
 */
export function healthChecks(
  { options: { health } }: Service,
  groups: readonly ListedGroup[],
  transport: Transport,
  clock: Clock,
  chance: () => number = Math.random,
): GroupChecks[] {
  if (health === undefined || health === false) return [];
  const { path, every, timeout, down, up, status } = {
    ...DEFAULTS.health,
    ...(typeof health === 'string' ? { path: health } : health),
  };
  const probe = probeOver(transport, clock, { path, timeoutMs: durationMs(timeout), isGood: goodBy(status) });
  const options = { probe, clock, chance, everyMs: durationMs(every), down, up };
  return groups.map(({ group }) => new GroupChecks(group, options));
}

function goodBy(wanted: NonNullable<HealthCheck['status']>): (status: number) => boolean {
  if (typeof wanted === 'number') return status => status === wanted;
  const first = Number(wanted[0]);
  return status => Math.floor(status / 100) === first;
}
