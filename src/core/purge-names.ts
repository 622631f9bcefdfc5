import type { PurgeLabels, PurgeTarget } from './purge.ts';

/** Stands for every host; a host is never empty. */
const ANY_HOST = '';

/**
 * Names under which purges are recorded. A target has one or two names, and a stored response has those of all targets
 * that would cover it. A lookup of these names replaces a scan of all purges.
 */
export class PurgeNames {
  /** The lengths of the known prefixes, so that only prefixes of these lengths are looked up. */
  readonly #lengths = new Set<number>();

  /** The names under which a purge of this target is recorded. */
  of(target: PurgeTarget): readonly string[] {
    if (target.kind === 'prefix') this.#lengths.add(target.prefix.length);
    return namesOfTarget(target);
  }

  /** The names of all targets that cover these labels. */
  covering(labels: PurgeLabels): readonly string[] {
    const names = ['all', ...namesOfLabels(labels)];
    if (this.#lengths.size === 0) return names;
    const prefixes = labels.addresses.flatMap(({ host, path, search }) => {
      const whole = `${path}${search}`;
      const lengths = [...this.#lengths].filter(length => length <= whole.length);
      return lengths.flatMap(length => [host, ANY_HOST].map(each => prefixName(each, whole.slice(0, length))));
    });
    return [...names, ...prefixes];
  }
}

export function namesOfTarget(target: PurgeTarget): readonly string[] {
  switch (target.kind) {
    case 'all':
      return ['all'];
    case 'tag':
      return [`tag ${target.tag}`];
    case 'key':
      return [`key ${target.key}`];
    case 'prefix':
      return [prefixName(target.host ?? ANY_HOST, target.prefix)];
    case 'address': {
      const { host = ANY_HOST, path, search } = target;
      const own = addressName(host, `${path}${search}`);
      // It also covers responses that are stored by a part of the query.
      return search === '' ? [own] : [own, anyQueryName(host, path)];
    }
  }
}

/** The names of tags, keys and addresses of all targets that cover these labels, except prefixes and all. */
export function namesOfLabels({ tags, addresses, keys }: PurgeLabels): string[] {
  const names: string[] = [];
  for (const tag of tags) names.push(`tag ${tag}`);
  for (const key of keys) names.push(`key ${key}`);
  for (const { host, path, search, partial } of addresses) {
    for (const each of [host, ANY_HOST]) {
      names.push(addressName(each, `${path}${search}`));
      if (partial) names.push(anyQueryName(each, path));
    }
  }
  return names;
}

/** The common prefix of the names of all addresses below a prefix. */
export function addressesBelow({ host, prefix }: PurgeTarget & { readonly kind: 'prefix' }): string {
  return addressName(host ?? ANY_HOST, prefix);
}

function addressName(host: string, pathAndQuery: string): string {
  return `at ${host} ${pathAndQuery}`;
}

function anyQueryName(host: string, path: string): string {
  return `any query at ${host} ${path}`;
}

function prefixName(host: string, prefix: string): string {
  return `below ${host} ${prefix}`;
}
