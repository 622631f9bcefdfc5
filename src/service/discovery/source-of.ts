import type { Targets } from '../../config/balancing.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { durationMs } from '../../config/duration.ts';
import { isList } from '../../config/target-entries.ts';
import type { NameResolver } from '../../core/ports/name-resolver.ts';
import { AddressSource } from './dns-source.ts';
import { FunctionSource } from './function-source.ts';
import type { TargetSource } from './source.ts';
import { SrvSource } from './srv-source.ts';

/** The source of a service's targets; undefined for listed ones. */
export function sourceOf(targets: Targets, resolver: NameResolver): TargetSource | undefined {
  if (isList(targets)) return undefined;
  const { interval } = DEFAULTS.discovery;
  if (typeof targets === 'function') return new FunctionSource(targets, durationMs(interval));
  if ('find' in targets) return new FunctionSource(targets.find, durationMs(targets.interval ?? interval));
  if ('dns' in targets) return new AddressSource(targets.dns, resolver);
  return 'srv' in targets ? new SrvSource(targets.srv, resolver) : undefined;
}
