import type { Exchange } from '../../../core/exchange.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import { addressTarget, hostOf, type PurgeTarget, type StoredAddress, storedAddress } from '../../../core/purge.ts';
import { userKey } from '../../../core/user.ts';
import { type QueryRule, queryKey } from '../http/query.ts';
import { variantKey } from '../http/vary.ts';

/** The key rule of a call site. A key covers everything that the response depends on. */
export interface KeyRule {
  /** Distinguishes the entries of call sites. */
  readonly site: string;
  /** A part is keyed by its call, everything else by the client's request. */
  readonly by: 'client' | 'call';
  /** Whether the response comes from a team's own function, which sees only the headers in `vary` and sends no Vary. */
  readonly keyedHeadersOnly: boolean;
  /** Whether the backend gets `Accept-Encoding: identity`, so that one copy serves every client. */
  readonly unconditional: boolean;
  /** Whether each signed-in user has separate responses. */
  readonly perUser: boolean;
  /** Request headers that the route declares; in lower case. */
  readonly vary: readonly string[];
  readonly query: QueryRule | undefined;
  /** Whether all fields of the first client are sent in shared requests, so that only `Vary` declares dependencies. */
  readonly sendsAll: boolean;
  /**
   * Whether each Origin has separate responses, because a response may be readable for one only, and few backends
   * declare it.
   */
  readonly byOrigin: boolean;
}

/** The address of a request without its query. */
export function pathKey(rule: KeyRule, x: Exchange): string {
  // RFC 9110 §4.2.3: http and https are different addresses, and a stored response may contain links with its own
  // scheme, which every backend receives.
  const origin = x.client === undefined ? '' : `${x.client.protocol}://${hostOf(x.client)}`;
  if (rule.by === 'call' && x.call !== undefined)
    return `${rule.site} ${origin} ${x.call.service.serviceName} ${x.call.path}`;
  return `${rule.site} ${origin} ${x.path}`;
}

/** The first of the two keys: everything except the fields in a response's own Vary. */
export function primaryKey(rule: KeyRule, x: Exchange, path: string, query: QueryRule | undefined): string {
  const search = rule.by === 'call' && x.call !== undefined ? x.call.search : x.search;
  let key = `${path}${queryKey(search, query)}`;
  if (rule.vary.length > 0) key += `\n${variantKey(rule.vary, x.headers)}`;
  if (rule.byOrigin) key += originKey(x);
  if (rule.perUser) key += `\nuser ${subjectKey(x)}`;
  return key;
}

/** Whether the request has a user, to whom alone its response may belong. */
export function hasUser({ details: { subject, recognised } }: Exchange): boolean {
  return subject !== undefined || recognised !== undefined;
}

/** A guard may name another subject than the user who was recognised, so both count. */
function subjectKey({ details: { subject = '', recognised } }: Exchange): string {
  const named = encodeURIComponent(subject);
  return recognised === undefined ? named : `${userKey(recognised.user)} ${named}`;
}

function originKey({ headers }: Exchange): string {
  const origin = headers.joined('origin');
  return origin === undefined ? '' : `\norigin ${encodeURIComponent(origin)}`;
}

/** All responses for an address, which a write to it makes stale (RFC 9111 §4.4). */
export function ownAddress(x: Exchange): PurgeTarget {
  return addressTarget(hostIn(x), `${x.path}${x.search}`);
}

/** The address label of a stored response. @param said its No-Vary-Search. */
export function addressLabel(x: Exchange, rule: QueryRule | undefined, said: QueryRule | undefined): StoredAddress {
  const isPartial = rule !== undefined || said !== undefined;
  return storedAddress(hostIn(x), `${x.path}${queryKey(x.search, said)}`, isPartial);
}

function hostIn({ client }: Exchange): string {
  return client === undefined ? '' : hostOf(client);
}

/** Whether the response to one request serves another one, by the response's own Vary (RFC 9111 §4.1). */
export function isSameVariant(names: readonly string[], request: HeaderList, other: HeaderList): boolean {
  return names.length === 0 || variantKey(names, request) === variantKey(names, other);
}
