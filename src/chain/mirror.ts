import { DEFAULTS } from '../define/defaults.ts';
import type { Backend } from '../service/backend.ts';
import { mirror } from '../service/mirror.ts';
import type { Materials } from './materials.ts';
import { retryOf } from './policies.ts';
import { serviceChain } from './service.ts';
import { type Chain, compose } from './step.ts';

/** The service list of a service whose calls are copied to another one: mirror → limit → retry(balance → transport). */
export function withMirror(chain: Chain, { service, copies }: Backend, materials: Materials): Chain {
  const written = service.options.mirror;
  if (copies === undefined || written === undefined) return chain;
  const { to, share = DEFAULTS.mirror.share } = written;
  // By the other's own limiter and balancer, sent once, and never copied again: two services may mirror one another.
  const other = serviceChain(materials.backend(to), retryOf({ retry: false }, undefined), materials.clock);
  const step = {
    name: 'mirror' as const,
    policy: `mirror ${share} to ${to.serviceName}`,
    stage: mirror(copies, other.handler),
  };
  const { steps, handler } = compose([step], chain.handler);
  return { steps: [...steps, ...chain.steps], handler };
}
