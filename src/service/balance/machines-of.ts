import type { TargetEntry, Targets } from '../../define/balancing.ts';
import { entriesOf } from '../../define/target-entries.ts';
import type { Listed } from './machine.ts';

/** The machines that are listed. The loader has checked that there is one at least and that each is an address. */
export function machinesOf(targets: Targets): Listed[] {
  return entriesOf(targets).map(listed);
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
