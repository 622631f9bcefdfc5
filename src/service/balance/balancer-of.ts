import type { Balancer } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Balance } from '../../define/balancing.ts';
import { DEFAULTS } from '../../define/defaults.ts';
import { durationMs } from '../../define/duration.ts';
import type { Service } from '../../define/service.ts';
import type { Choice } from './choice.ts';
import { Ewma } from './ewma.ts';
import { MachineGroup } from './group.ts';
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
  const { ejection } = DEFAULTS;
  return new MachineGroup(listed, {
    service: serviceName,
    group: 'stable',
    policy: {
      failures: ejection.failures,
      firstMs: durationMs(ejection.first),
      longestMs: durationMs(ejection.longest),
      mostShare: ejection.mostShare,
      panicShare: ejection.panicShare,
      slowStartMs: 0,
    },
    choice: choiceOf(options.balance ?? DEFAULTS.service.balance, chance),
    clock,
  });
}

function choiceOf(balance: Balance, chance: () => number): Choice {
  if (balance === 'round-robin') return new SmoothRoundRobin();
  if (balance === 'least-requests') return new LeastRequests();
  const ewma = new Ewma(chance);
  return balance === 'ewma' ? ewma : new Rendezvous(keyOf(balance.hash), ewma);
}
