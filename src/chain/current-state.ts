import type { Limiter } from '../core/ports/limiter.ts';
import type { CircuitReading } from '../policies/breaker/circuit.ts';
import type { Backend } from '../service/backend.ts';

// How what protects a backend stands at this moment, in the words of `portico explain`.

export function circuitNow({ state, held, failed, slow, total, retryMs }: CircuitReading): string {
  const counted = `${failed} of ${total} failed${slow === undefined ? '' : `, ${slow} slow`}`;
  if (held) return `held open by the operator (${counted})`;
  return retryMs === undefined
    ? `${state} (${counted})`
    : `${state} for ${Math.ceil(retryMs / 1000)} s more (${counted})`;
}

/** @param isAdaptive a fixed limit has no modes, and knows no usual time. */
export function limitNow({ inFlight, limit, waiting, streams, mode, learned }: Limiter, isAdaptive: boolean): string {
  const beside = [
    `${inFlight} of ${limit} in flight`,
    `${waiting} waiting`,
    streams > 0 && `${streams} streams`,
    isAdaptive && mode,
    learned !== undefined && `usual ${Math.round(learned.usualMs)} ms`,
  ];
  return beside.filter(text => text !== false).join(', ');
}

export function targetsNow({ shared: { balancer } }: Backend): string {
  const targets = balancer.targets();
  if (targets.length === 0) return 'no machine is known';
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
