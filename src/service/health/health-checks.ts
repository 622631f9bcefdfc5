import type { HealthCheck } from '../../config/balancing.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { durationMs } from '../../config/duration.ts';
import type { Service } from '../../config/service.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Transport } from '../../core/ports/transport.ts';
import type { ListedPool } from '../balance/balancer-of.ts';
import { PoolChecks } from './pool-checks.ts';
import { probeOver } from './probe.ts';

/**
 * The health checks of a service's targets; none without `health`.
 * @param chance returns a number from 0 up to 1.
 */
export function healthChecks(
  { options: { health } }: Service,
  pools: readonly ListedPool[],
  transport: Transport,
  clock: Clock,
  chance: () => number = Math.random,
): PoolChecks[] {
  if (health === undefined || health === false) return [];
  const { path, interval, timeout, unhealthyThreshold, healthyThreshold, status } = {
    ...DEFAULTS.health,
    ...(typeof health === 'string' ? { path: health } : health),
  };
  const probe = probeOver(transport, clock, { path, timeoutMs: durationMs(timeout), isGood: goodBy(status) });
  const options = { probe, clock, chance, intervalMs: durationMs(interval), unhealthyThreshold, healthyThreshold };
  return pools.map(({ pool }) => new PoolChecks(pool, options));
}

function goodBy(wanted: NonNullable<HealthCheck['status']>): (status: number) => boolean {
  if (typeof wanted === 'number') return status => status === wanted;
  const first = Number(wanted[0]);
  return status => Math.floor(status / 100) === first;
}
