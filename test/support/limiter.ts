import type { Clock } from '../../src/core/ports/clock.ts';
import type { Pressure } from '../../src/core/ports/limiter.ts';
import type { Limit } from '../../src/service/limit/limit.ts';
import { ServiceLimiter } from '../../src/service/limit/service-limiter.ts';

interface Around {
  readonly clock: Clock;
  readonly streams?: number;
  readonly pressure?: Pressure;
  readonly chance?: () => number;
}

/** A service's limiter in an idle process, with the test's changes. */
export function limiterWithin(bound: Limit, around: Around): ServiceLimiter {
  return new ServiceLimiter({
    service: 'catalog',
    bound,
    streams: 10_000,
    pressure: { level: 0 },
    chance: () => 0,
    ...around,
  });
}
