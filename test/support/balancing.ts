import type { Balancer } from '../../src/core/ports/balancer.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Target } from '../../src/core/ports/transport.ts';
import type { LoadBalancingPolicy } from '../../src/service/balance/load-balancing-policy.ts';
import { SmoothRoundRobin } from '../../src/service/balance/smooth-round-robin.ts';
import { TargetPool, type TargetPoolOptions } from '../../src/service/balance/target-pool.ts';
import type { ListedTarget } from '../../src/service/balance/target-state.ts';

/** The default ejection policy without slow start: a target that returns has its full weight at once. */
const EJECTING: TargetPoolOptions['policy'] = {
  failures: 5,
  baseTimeMs: 1_000,
  maxTimeMs: 30_000,
  maxShare: 0.5,
  panicShare: 0.5,
  slowStartMs: 0,
};

function target(name: string): Target {
  return { origin: `http://${name}`, base: '' };
}

export function listed(
  name: string,
  { weight = 1, max = Number.POSITIVE_INFINITY }: Partial<ListedTarget> = {},
): ListedTarget {
  return { target: target(name), weight, max };
}

export function groupOf(
  targets: readonly ListedTarget[],
  choice: LoadBalancingPolicy,
  clock: Clock,
  policy: Partial<TargetPoolOptions['policy']> = {},
): TargetPool {
  return new TargetPool(targets, {
    service: 'catalog',
    pool: 'stable',
    policy: { ...EJECTING, ...policy },
    choice,
    clock,
  });
}

/** Uses each target in turn. */
export function roundRobin(targets: readonly Target[], clock: Clock): Balancer {
  const machines = targets.map(each => ({ target: each, weight: 1, max: Number.POSITIVE_INFINITY }));
  return groupOf(machines, new SmoothRoundRobin(), clock);
}
