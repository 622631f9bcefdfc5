import type { AttemptMeter, ServiceReading } from '../../src/core/ports/meter.ts';

export const NONE = { limit: 0, queue_full: 0, deadline: 0, streams: 0, event_loop: 0 };

/** Counts nothing. */
export const NO_ATTEMPT_METER: AttemptMeter = { answered: () => undefined };

/** A service reading with the test's values, and neutral ones otherwise. */
export function serviceReading(changes: Partial<ServiceReading> = {}): ServiceReading {
  return {
    service: 'catalog',
    inFlight: 0,
    streams: 0,
    limit: 256,
    mode: 'open',
    learned: undefined,
    waiting: 0,
    shed: { critical: NONE, default: NONE, prefetch: NONE, bulk: NONE },
    full: 0,
    targets: { healthy: 2, ejected: 0, unhealthy: 0, backing_off: 0 },
    ejections: 0,
    attempts: new Map(),
    hedges: 0,
    retries: 0,
    retriesRefused: 0,
    retryBudget: 100,
    copies: undefined,
    ...changes,
  };
}
