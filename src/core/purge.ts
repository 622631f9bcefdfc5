/**
 * `hard`: the stored response is no longer served. `soft`: it becomes stale and may be served during its revalidation.
 */
export type PurgeKind = 'hard' | 'soft';

/**
 * The target of a purge. Each kind is a type of its own, so that no text of a team, backend or client can turn one kind
 * into another.
 */
export type PurgeTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'tag'; readonly tag: string }
  /** Responses for one path and query, on one host or on every host. */
  | {
      readonly kind: 'address';
      readonly host: string | undefined;
      readonly path: string;
      /** With its question mark; '' for none. */
      readonly search: string;
    }
  /** Responses for paths with this prefix, on one host or on every host. */
  | { readonly kind: 'prefix'; readonly host: string | undefined; readonly prefix: string }
  /** Responses under one cache key, including variants. */
  | { readonly kind: 'key'; readonly key: string };

export interface Purge {
  readonly kind: PurgeKind;
  readonly targets: readonly PurgeTarget[];
}

/** The address of the request of a stored response. */
export interface StoredAddress {
  readonly host: string;
  readonly path: string;
  readonly search: string;
  /** Whether its key contains only a part of the query, since a purge knows only the whole query. */
  readonly partial: boolean;
}

/** The labels by which a stored response can be purged: its tags, the address of its request, and its key. */
export interface PurgeLabels {
  readonly tags: readonly string[];
  readonly addresses: readonly StoredAddress[];
  readonly keys: readonly string[];
}

export const NO_LABELS: PurgeLabels = { tags: [], addresses: [], keys: [] };

export const EVERYTHING: PurgeTarget = { kind: 'all' };

export function tagTarget(tag: string): PurgeTarget {
  return { kind: 'tag', tag };
}

/** The target for one address of one host; `pathAndQuery` is encoded as a browser sends it. */
export function addressTarget(host: string, pathAndQuery: string): PurgeTarget {
  return { kind: 'address', host, ...split(pathAndQuery) };
}

/** The target for an address on every host. */
export function everyHostTarget(pathAndQuery: string): PurgeTarget {
  return { kind: 'address', host: undefined, ...split(pathAndQuery) };
}

/** The target for a path prefix on one host, or on every host for ''. */
export function prefixTarget(host: string, path: string): PurgeTarget {
  return { kind: 'prefix', host: host === '' ? undefined : host, prefix: normalisedPath(path) };
}

/** The labels of a response for one address. */
export function storedAddress(host: string, pathAndQuery: string, partial: boolean): StoredAddress {
  return { host, ...split(pathAndQuery), partial };
}

/** The labels of a response made of several. */
export function joinedLabels(all: readonly PurgeLabels[]): PurgeLabels {
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const addresses = new Map(all.flatMap(each => each.addresses).map(each => [JSON.stringify(each), each]));
  return {
    tags: [...new Set(all.flatMap(({ tags }) => tags))],
    addresses: [...addresses.values()],
    keys: [...new Set(all.flatMap(({ keys }) => keys))],
  };
}

/** Whether a target covers a response with these labels. */
export function covers(target: PurgeTarget, { tags, addresses, keys }: PurgeLabels): boolean {
  switch (target.kind) {
    case 'all':
      return true;
    case 'tag':
      return tags.includes(target.tag);
    case 'key':
      return keys.includes(target.key);
    case 'address':
      return addresses.some(stored => isHost(target.host, stored) && isAddress(target, stored));
    case 'prefix':
      return addresses.some(
        stored => isHost(target.host, stored) && `${stored.path}${stored.search}`.startsWith(target.prefix),
      );
  }
}

function isHost(host: string | undefined, stored: StoredAddress): boolean {
  return host === undefined || host === stored.host;
}

function isAddress({ path, search }: PurgeTarget & { kind: 'address' }, stored: StoredAddress): boolean {
  return stored.path === path && (stored.search === search || (stored.partial && search !== ''));
}

const DEFAULT_PORTS = { http: ':80', https: ':443' } as const;

/** The scheme and authority of a request. */
interface Authority {
  readonly protocol: keyof typeof DEFAULT_PORTS;
  readonly host: string;
}

/** The host of the request. RFC 9110 §4.2.3: the default port of the scheme is equal to none. */
export function hostOf({ protocol, host }: Authority): string {
  const port = DEFAULT_PORTS[protocol];
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}

function split(pathAndQuery: string): { readonly path: string; readonly search: string } {
  const whole = normalisedPath(pathAndQuery);
  const mark = whole.indexOf('?');
  return mark < 0 ? { path: whole, search: '' } : { path: whole.slice(0, mark), search: whole.slice(mark) };
}

// RFC 3986 §6.2.2.1 and §6.2.2.2: the case of the hex digits and the encoding of unreserved characters have no meaning.
function normalisedPath(path: string): string {
  return path.includes('%') ? path.replaceAll(/%[0-9A-Fa-f]{2}/g, normalisedOctet) : path;
}

function normalisedOctet(octet: string): string {
  const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase();
}
