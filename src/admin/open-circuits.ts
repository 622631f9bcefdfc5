import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** A circuit that is not closed, with the number of its processes. */
export interface OpenBreaker {
  readonly route: string;
  readonly part: string | undefined;
  readonly state: string;
  readonly workers: number;
}

/** Circuits that reject calls at the moment: information for operators, no reason to become unready. */
export function openBreakers(snapshot: MetricsSnapshot): OpenBreaker[] {
  const states = snapshot.find(({ name }) => name === 'portico_breaker_state')?.values ?? [];
  return states
    .filter(({ value, labels }) => value > 0 && labels.state !== 'closed')
    .map(({ value, labels }) => ({
      route: String(labels.route),
      part: labels.part === '' ? undefined : String(labels.part),
      state: String(labels.state),
      workers: value,
    }));
}
