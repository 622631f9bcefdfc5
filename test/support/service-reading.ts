import type { ServiceReading } from '../../src/core/ports/meter.ts';

/** A service that stands as a test says, and quietly otherwise. */
export function serviceReading(changes: Partial<ServiceReading> = {}): ServiceReading {
  return {
    service: 'catalog',
    inFlight: 0,
    streams: 0,
    limit: 256,
    waiting: 0,
    shed: { critical: 0, default: 0, prefetch: 0, bulk: 0 },
    full: 0,
    targets: { usable: 2, ejected: 0, down: 0, resting: 0 },
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
