import { parseList } from 'structured-headers';
import type { Client, Exchange } from '../../../core/exchange.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import { addressTarget, hostOf, type PurgeTarget, tagTarget } from '../../../core/purge.ts';
import type { Reply } from '../../../core/reply.ts';

/**
 * The invalidations in the response to a write, beside its own address: RFC 9111 §4.4, same origin only, and the groups
 * of RFC 9875 §3.
 */
export function writtenElsewhere(x: Exchange, { headers }: Reply): PurgeTarget[] {
  const targets = groupsIn(headers, 'cache-group-invalidation').map(tagTarget);
  for (const name of ['location', 'content-location']) {
    const target = sameOrigin(headers.get(name), x);
    if (target !== undefined) targets.push(target);
  }
  return targets;
}

/** RFC 9875 §2: a list of strings; anything else is ignored. */
export function groupsIn(headers: HeaderList, name: 'cache-groups' | 'cache-group-invalidation'): string[] {
  const value = headers.joined(name);
  if (value === undefined) return [];
  try {
    const items = parseList(value).map(([item]) => item);
    return items.filter(item => typeof item === 'string');
  } catch {
    return [];
  }
}

function sameOrigin(reference: string | undefined, x: Exchange): PurgeTarget | undefined {
  if (reference === undefined || x.client === undefined) return undefined;
  const base = originOf(x.client);
  const url = URL.parse(reference, `${base}${x.client.mount}${x.path}`);
  if (url === null || url.origin !== URL.parse(base)?.origin) return undefined;
  const { mount } = x.client;
  return url.pathname.startsWith(`${mount}/`)
    ? addressTarget(hostOf(x.client), url.pathname.slice(mount.length) + url.search)
    : undefined;
}

function originOf({ protocol, host }: Client): string {
  return `${protocol}://${host}`;
}
