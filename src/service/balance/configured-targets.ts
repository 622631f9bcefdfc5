import type { TargetEntry, Targets } from '../../config/balancing.ts';
import { entriesOf, reasonAgainst, shownAddress } from '../../config/target-entries.ts';
import type { ListedTarget } from './target-state.ts';

/** The listed targets; empty for discovered ones. */
export function configuredTargets(targets: Targets): ListedTarget[] {
  return entriesOf(targets).map(entry => configuredTarget(entry));
}

/**
 * @throws TypeError for an invalid target. The loader has validated the listed ones; discovered ones are validated
 * here.
 */
export function configuredTarget(entry: TargetEntry): ListedTarget {
  const { url, weight = 1, max = Number.POSITIVE_INFINITY } = typeof entry === 'string' ? { url: entry } : entry;
  const reason = reasonAgainst(url);
  if (reason !== undefined) throw new TypeError(`${shownAddress(url)} is no target: ${reason}`);
  if (!(weight > 0)) throw new TypeError(`the weight of ${url} is not above 0: ${weight}`);
  if (!(max >= 1)) throw new TypeError(`${url} may have no call: max is ${max}`);
  const { origin, pathname } = new URL(url);
  return { target: { origin, base: pathname.replace(/\/+$/, '') }, weight, max };
}
