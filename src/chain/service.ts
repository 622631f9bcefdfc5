import type { Clock } from '../core/ports/clock.ts';
import { DEFAULTS } from '../define/defaults.ts';
import type { Backend } from '../service/backend.ts';
import { whenFound } from '../service/discovery/when-found.ts';
import { limit } from '../service/limit/stage.ts';
import { type RetryPolicy, retry } from '../service/retry.ts';
import { type Chain, compose, type Described, named } from './step.ts';

/** The service list: limit → retry(balance → transport). Limiter, balancer and transport are shared by every call to the service. */
export function serviceChain(backend: Backend, policy: RetryPolicy, clock: Clock): Chain {
  const { limiter, balancer, transport, service, found } = backend;
  const { concurrency = DEFAULTS.service.concurrency } = service.options;
  const limited =
    concurrency === false
      ? undefined
      : { name: 'limit' as const, policy: `limit ${concurrency}`, stage: limit(limiter, clock) };
  const sent = retry(policy, balancer, transport, clock);
  const { steps, handler } = compose(named(limited), found === undefined ? sent : whenFound(found, sent));
  return { steps: [...steps, ...described(policy)], handler };
}

/** Retry is what the chain ends in; it is shown where somebody asked for more or less than what always is. */
function described({ declared, attempts }: RetryPolicy): Described[] {
  if (!declared && attempts > 1) return [];
  return [{ name: 'retry', policy: attempts > 1 ? `retry ${attempts}` : 'no retry' }];
}
