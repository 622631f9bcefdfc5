import type { Balancer } from '../../src/core/ports/balancer.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Target } from '../../src/core/ports/transport.ts';
import type { Choice } from '../../src/service/balance/choice.ts';
import { type GroupOptions, MachineGroup } from '../../src/service/balance/group.ts';
import type { Listed } from '../../src/service/balance/machine.ts';
import { SmoothRoundRobin } from '../../src/service/balance/smooth-round-robin.ts';

/** What a service has that says nothing of ejection, but without slow starts: a machine that is back is wholly back. */
const EJECTING: GroupOptions['policy'] = {
  failures: 5,
  firstMs: 1_000,
  longestMs: 30_000,
  mostShare: 0.5,
  panicShare: 0.5,
  slowStartMs: 0,
};

function target(name: string): Target {
  return { origin: `http://${name}`, base: '' };
}

export function listed(name: string, { weight = 1, max = Number.POSITIVE_INFINITY }: Partial<Listed> = {}): Listed {
  return { target: target(name), weight, max };
}

export function groupOf(
  machines: readonly Listed[],
  choice: Choice,
  clock: Clock,
  policy: Partial<GroupOptions['policy']> = {},
): MachineGroup {
  return new MachineGroup(machines, {
    service: 'catalog',
    group: 'stable',
    policy: { ...EJECTING, ...policy },
    choice,
    clock,
  });
}

/** Each machine in turn. */
export function roundRobin(targets: readonly Target[], clock: Clock): Balancer {
  const machines = targets.map(each => ({ target: each, weight: 1, max: Number.POSITIVE_INFINITY }));
  return groupOf(machines, new SmoothRoundRobin(), clock);
}
