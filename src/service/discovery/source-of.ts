import type { NameResolver } from '../../core/ports/name-resolver.ts';
import type { Targets } from '../../define/balancing.ts';
import { DEFAULTS } from '../../define/defaults.ts';
import { durationMs } from '../../define/duration.ts';
import { isList } from '../../define/target-entries.ts';
import { AddressSource } from './dns-source.ts';
import { FunctionSource } from './function-source.ts';
import type { Source } from './source.ts';
import { SrvSource } from './srv-source.ts';

/** Where a service's machines are found; undefined where they are listed. */
export function sourceOf(targets: Targets, resolver: NameResolver): Source | undefined {
  if (isList(targets)) return undefined;
  const { every: usual } = DEFAULTS.discovery;
  if (typeof targets === 'function') return new FunctionSource(targets, durationMs(usual));
  if ('find' in targets) return new FunctionSource(targets.find, durationMs(targets.every ?? usual));
  if ('dns' in targets) return new AddressSource(targets.dns, resolver);
  return 'srv' in targets ? new SrvSource(targets.srv, resolver) : undefined;
}
