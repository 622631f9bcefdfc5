import {
  NO_LABELS,
  type Purge,
  type PurgeKind,
  type PurgeLabels,
  type PurgeTarget,
  storedAddress,
  tagTarget,
} from '../../src/core/purge.ts';

/** Labels of what is stored with these tags. */
export function tagged(...tags: readonly string[]): PurgeLabels {
  return { ...NO_LABELS, tags };
}

/** Labels of what is stored for one address. */
export function at(host: string, pathAndQuery: string): PurgeLabels {
  return { ...NO_LABELS, addresses: [storedAddress(host, pathAndQuery, false)] };
}

/** A purge of these targets; a text is a tag. */
export function purgeOf(kind: PurgeKind, targets: readonly (string | PurgeTarget)[]): Purge {
  return { kind, targets: targets.map(target => (typeof target === 'string' ? tagTarget(target) : target)) };
}

/** The targets of a purge, tags by their texts. */
export function textsOf({ targets }: Purge): readonly string[] {
  return targets.map(target => (target.kind === 'tag' ? target.tag : JSON.stringify(target)));
}
