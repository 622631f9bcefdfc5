import type { Balance, Targets } from '../../config/balancing.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { durationMs } from '../../config/duration.ts';
import type { Service, ServiceOptions } from '../../config/service.ts';
import type { Balancer, TargetReading } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { CanaryBalancer } from './canary.ts';
import { canaryRule } from './canary-rule.ts';
import { configuredTargets } from './configured-targets.ts';
import { Ewma } from './ewma.ts';
import { keyOf } from './key.ts';
import { LeastRequests } from './least-requests.ts';
import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import { Rendezvous } from './rendezvous.ts';
import { SmoothRoundRobin } from './smooth-round-robin.ts';
import { TargetPool, type TargetPoolOptions } from './target-pool.ts';

/** Targets with their source. */
export interface ListedPool {
  readonly pool: TargetPool;
  readonly targets: Targets;
}

/** A service's balancer and its target pools. */
interface Balancing {
  readonly balancer: Balancer;
  readonly pools: readonly ListedPool[];
}

/** @param chance returns a number from 0 up to 1. */
export function balancerOf(
  { serviceName, options }: Service,
  clock: Clock,
  chance: () => number = Math.random,
): Balancing {
  const { balance = DEFAULTS.service.balance, canary } = options;
  const policy = policyOf(options);
  const poolOf = (targets: Targets, pool: TargetReading['group'], own: Partial<typeof policy> = {}): TargetPool =>
    new TargetPool(configuredTargets(targets), {
      service: serviceName,
      pool,
      policy: { ...policy, ...own },
      choice: choiceOf(balance, chance),
      clock,
    });
  const stable = { pool: poolOf(options.targets, 'stable'), targets: options.targets };
  if (canary === undefined) return { balancer: stable.pool, pools: [stable] };
  // All canary targets may be ejected, since stable ones exist.
  const pool = poolOf(canary.targets, 'canary', { maxShare: 1, panicShare: 0 });
  const rule = canaryRule(canary, typeof balance === 'object' ? keyOf(balance.hash) : undefined, chance);
  return {
    balancer: new CanaryBalancer(stable.pool, pool, rule),
    pools: [stable, { pool, targets: canary.targets }],
  };
}

function policyOf({ ejection, slowStart = DEFAULTS.service.slowStart }: ServiceOptions): TargetPoolOptions['policy'] {
  const { failures, baseTime, maxTime, maxShare, panicShare } = { ...DEFAULTS.ejection, ...(ejection || {}) };
  return {
    failures: ejection === false ? Number.POSITIVE_INFINITY : failures,
    baseTimeMs: durationMs(baseTime),
    maxTimeMs: durationMs(maxTime),
    maxShare,
    panicShare,
    slowStartMs: slowStart === false ? 0 : durationMs(slowStart),
  };
}

function choiceOf(balance: Balance, chance: () => number): LoadBalancingPolicy {
  if (balance === 'round-robin') return new SmoothRoundRobin();
  if (balance === 'least-requests') return new LeastRequests();
  const ewma = new Ewma(chance);
  return balance === 'ewma' ? ewma : new Rendezvous(keyOf(balance.hash), ewma);
}
