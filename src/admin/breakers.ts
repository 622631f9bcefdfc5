import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** A circuit that is not closed, and in how many processes. */
export interface OpenBreaker {
  readonly route: string;
  readonly part: string | undefined;
  readonly state: string;
  readonly workers: number;
}

/**
 * Circuits that keep calls away at this moment: news for the operator, no reason to take the gateway out of service.
 */
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
