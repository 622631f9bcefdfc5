import type { Limiter } from '../core/ports/limiter.ts';
import type { CircuitReading } from '../policies/breaker/circuit.ts';
import type { Backend } from '../service/backend.ts';

// The current state of a backend's protection, as `portico explain` prints it.

export function circuitNow({ state, held, failed, slow, total, retryMs }: CircuitReading): string {
  const counted = `${failed} of ${total} failed${slow === undefined ? '' : `, ${slow} slow`}`;
  if (held) return `held open by the operator (${counted})`;
  return retryMs === undefined
    ? `${state} (${counted})`
    : `${state} for ${Math.ceil(retryMs / 1000)} s more (${counted})`;
}

/** @param isAdaptive false for a fixed limit, which has no modes and no usual time. */
export function limitNow({ inFlight, limit, waiting, streams, mode, learned }: Limiter, isAdaptive: boolean): string {
  const parts = [
    `${inFlight} of ${limit} in flight`,
    `${waiting} waiting`,
    streams > 0 && `${streams} streams`,
    isAdaptive && mode,
    learned !== undefined && `usual ${Math.round(learned.usualMs)} ms`,
  ];
  return parts.filter(text => text !== false).join(', ');
}

export function targetsNow({ shared: { balancer } }: Backend): string {
  const targets = balancer.targets();
  if (targets.length === 0) return 'no target is known';
  return targets
    .map(({ target, group, aside, weight, costMs, inFlight, streams }) => {
      const state = [
        group === 'canary' && 'canary',
        aside ?? `${inFlight + streams} in flight`,
        costMs > 0 && `${Math.round(costMs)} ms`,
        weight !== 1 && `weight ${weight.toFixed(1)}`,
      ].filter(text => text !== false);
      return `${target.origin}${target.base} (${state.join(', ')})`;
    })
    .join(' · ');
}

export function retryNow({ shared: { budget } }: Backend): string {
  return `the budget allows ${Math.floor(budget.left)} more in ten seconds`;
}
