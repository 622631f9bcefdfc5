import type { Balancer } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Balance } from '../../define/balancing.ts';
import { DEFAULTS } from '../../define/defaults.ts';
import { durationMs } from '../../define/duration.ts';
import type { Service } from '../../define/service.ts';
import type { Choice } from './choice.ts';
import { Ewma } from './ewma.ts';
import { type GroupOptions, MachineGroup } from './group.ts';
import { keyOf } from './key.ts';
import { LeastRequests } from './least-requests.ts';
import type { Listed } from './machine.ts';
import { Rendezvous } from './rendezvous.ts';
import { SmoothRoundRobin } from './smooth-round-robin.ts';

/** @param chance from 0 up to 1. */
export function balancerOf(
  { serviceName, options }: Service,
  listed: readonly Listed[],
  clock: Clock,
  chance: () => number = Math.random,
): Balancer {
  return new MachineGroup(listed, {
    service: serviceName,
    group: 'stable',
    policy: policyOf(options),
    choice: choiceOf(options.balance ?? DEFAULTS.service.balance, chance),
    clock,
  });
}

function policyOf({ ejection, slowStart = DEFAULTS.service.slowStart }: Service['options']): GroupOptions['policy'] {
  const { failures, first, longest, mostShare, panicShare } = { ...DEFAULTS.ejection, ...(ejection || {}) };
  return {
    failures: ejection === false ? Number.POSITIVE_INFINITY : failures,
    firstMs: durationMs(first),
    longestMs: durationMs(longest),
    mostShare,
    panicShare,
    slowStartMs: slowStart === false ? 0 : durationMs(slowStart),
  };
}

function choiceOf(balance: Balance, chance: () => number): Choice {
  if (balance === 'round-robin') return new SmoothRoundRobin();
  if (balance === 'least-requests') return new LeastRequests();
  const ewma = new Ewma(chance);
  return balance === 'ewma' ? ewma : new Rendezvous(keyOf(balance.hash), ewma);
}
