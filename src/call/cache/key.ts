import type { Exchange } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { addressTarget } from '../../core/purge.ts';

/** How a call site's answers are told apart. A key covers what made the answer. */
export interface KeyRule {
  /** No two call sites share an entry. */
  readonly site: string;
  /** A part is keyed by the call it makes, everything else by what the client asked for. */
  readonly by: 'client' | 'call';
  /** Whether what answers sees only the headers in `vary`: a team's own functions, whose answers say no Vary of their own. */
  readonly narrow: boolean;
  /** Request headers that the route says the answer depends on; in lower case. */
  readonly vary: readonly string[];
}

export function primaryKey(rule: KeyRule, x: Exchange): string {
  // RFC 9110 §4.2.3: http and https are two addresses, and a stored answer may lead back to its own.
  const origin = `${x.client?.protocol ?? ''}://${x.client?.host ?? ''}`;
  const key =
    rule.by === 'call' && x.call !== undefined
      ? `${rule.site} ${x.call.service.serviceName} ${x.call.path}${x.call.search}`
      : `${rule.site} ${origin} ${x.path}${x.search}`;
  return rule.vary.length === 0 ? key : `${key}\n${variantKey(rule.vary, x.headers)}`;
}

/** The values of the headers that tell variants apart, as one line. */
export function variantKey(names: readonly string[], headers: HeaderList): string {
  return names.map(name => `${name}=${encodeURIComponent(normalised(name, headers))}`).join('&');
}

/** The request headers that an answer depends on, by its own Vary (RFC 9111 §4.1). */
export function variantNames(headers: HeaderList): string[] {
  const names = new Set<string>();
  for (const line of headers.all('vary')) {
    for (const name of line.split(',')) if (name.trim() !== '') names.add(name.trim().toLowerCase());
  }
  // A backend that encodes without saying so would have its gzip served to whoever cannot read it.
  if (headers.has('content-encoding')) names.add('accept-encoding');
  return [...names].sort();
}

/** Tag of everything stored for an address, so that a write to it makes all of it stale (RFC 9111 §4.4). */
export function addressTag(x: Exchange): string {
  return addressTarget(x.client?.host ?? '', `${x.path}${x.search}`);
}

/** The headers that go along with a shared question: all that is not personal, or only those that the key covers. */
export function sharedHeaders(rule: KeyRule, headers: HeaderList): HeaderList {
  if (!rule.narrow) return headers;
  return headers.only(name => rule.vary.includes(name) || MADE_HERE.has(name) || name.startsWith('x-forwarded-'));
}

// Made by the gateway for every request: they say nothing an answer could depend on.
const MADE_HERE: ReadonlySet<string> = new Set(['x-request-id', 'traceparent', 'tracestate', 'forwarded']);

const LISTS: ReadonlySet<string> = new Set(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

// RFC 9111 §4.1: values may be normalised where their header's meaning allows it; case and spaces mean nothing in these lists.
function normalised(name: string, headers: HeaderList): string {
  const value = headers.joined(name) ?? '';
  return LISTS.has(name) ? value.toLowerCase().replaceAll(/\s+/g, '') : value.trim();
}
