import { DEFAULTS } from '../config/defaults.ts';
import type { Backend } from '../service/backend.ts';
import { mirror } from '../service/mirror.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { retryOf } from './policies.ts';
import { serviceChain } from './service.ts';
import type { Step } from './step.ts';

/** The step that mirrors the calls of a service; undefined without `mirror`. */
export function mirrorStep({ service, copies }: Backend, dependencies: ChainDependencies): Step | undefined {
  const written = service.options.mirror;
  if (copies === undefined || written === undefined) return undefined;
  const { to, share = DEFAULTS.mirror.share } = written;
  // Sent once and never mirrored again, because two services may mirror each other. Ordinary calls of the other service
  // have a higher priority.
  const policies = {
    retry: retryOf({ retry: false }, undefined),
    hedge: undefined,
    priority: 'bulk' as const,
    headers: to.options.headers === undefined ? [] : [to.options.headers],
  };
  const { handler } = serviceChain(dependencies.backend(to), policies);
  return { name: 'mirror', policy: `mirror ${share} to ${to.serviceName}`, stage: mirror(copies, handler) };
}
