import type { TargetEntry } from '../define/balancing.ts';
import type { Service, Targets } from '../define/service.ts';
import type { Listed } from './balance/machine.ts';

/** The machines of a service. The loader has checked that there is one at least and that each is an address. */
export function targetsOf({ options }: Service): Listed[] {
  return entries(options.targets).map(listed);
}

function listed(entry: TargetEntry): Listed {
  const {
    url: address,
    weight = 1,
    max = Number.POSITIVE_INFINITY,
  } = typeof entry === 'string' ? { url: entry } : entry;
  const url = new URL(address);
  return { target: { origin: url.origin, base: url.pathname.replace(/\/+$/, '') }, weight, max };
}

function entries(targets: Targets): readonly TargetEntry[] {
  if (!('env' in targets)) return targets;
  const named = (process.env[targets.env] ?? '')
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
  return named.length > 0 ? named : (targets.default ?? []);
}
