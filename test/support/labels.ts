import {
  NO_LABELS,
  type Purge,
  type PurgeKind,
  type PurgeLabels,
  type PurgeTarget,
  storedAddress,
  tagTarget,
} from '../../src/core/purge.ts';

/** The purge labels of a response with these tags. */
export function tagged(...tags: readonly string[]): PurgeLabels {
  return { ...NO_LABELS, tags };
}

/** The purge labels of a response for one address. */
export function at(host: string, pathAndQuery: string): PurgeLabels {
  return { ...NO_LABELS, addresses: [storedAddress(host, pathAndQuery, false)] };
}

/** A purge of these targets; a string is a tag. */
export function purgeOf(kind: PurgeKind, targets: readonly (string | PurgeTarget)[]): Purge {
  return { kind, targets: targets.map(target => (typeof target === 'string' ? tagTarget(target) : target)) };
}

/** The targets of a purge, with tags as strings. */
export function textsOf({ targets }: Purge): readonly string[] {
  return targets.map(target => (target.kind === 'tag' ? target.tag : JSON.stringify(target)));
}
