import type { Clock } from '../core/ports/clock.ts';
import { DEFAULTS } from '../define/defaults.ts';
import type { Backend } from '../service/backend.ts';
import { limit } from '../service/limit.ts';
import { type RetryPolicy, retry } from '../service/retry.ts';
import { type Chain, compose, named } from './step.ts';

/** The service list: limit → retry(balance → transport). Limiter, balancer and transport are shared by every call to the service. */
export function serviceChain(backend: Backend, policy: RetryPolicy, clock: Clock): Chain {
  const { limiter, balancer, transport, service } = backend;
  const { concurrency = DEFAULTS.service.concurrency } = service.options;
  return compose(
    named(
      concurrency === false
        ? undefined
        : { name: 'limit', policy: `limit ${concurrency}`, stage: limit(limiter, clock) },
    ),
    retry(policy, balancer, transport, clock),
  );
}
