import { type Exchange, PERSONAL } from '../../core/exchange.ts';
import { ABOUT_ONES_COPY } from '../../core/headers/conditional.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { addressTarget, hostOf, type PurgeTarget, type StoredAddress, storedAddress } from '../../core/purge.ts';
import { keptParameters, type QueryRule, queryKey } from './query.ts';
import { variantKey } from './vary.ts';

/** How a call site's answers are told apart. A key covers what made the answer. */
export interface KeyRule {
  /** No two call sites share an entry. */
  readonly site: string;
  /** A part is keyed by the call it makes, everything else by what the client asked for. */
  readonly by: 'client' | 'call';
  /** Whether what answers sees only the headers in `vary`: a team's own functions, whose answers say no Vary of their own. */
  readonly narrow: boolean;
  /** Whether the backend is asked for plain bytes, so that one copy is for every client. */
  readonly asksPlain: boolean;
  /** Whether each signed-in user has answers of their own. */
  readonly perUser: boolean;
  /** Request headers that the route says the answer depends on; in lower case. */
  readonly vary: readonly string[];
  readonly query: QueryRule | undefined;
}

/** Where a question is asked, without its query. */
export function pathKey(rule: KeyRule, x: Exchange): string {
  // RFC 9110 §4.2.3: http and https are two addresses, and a stored answer may lead back to its own: every backend is told of them.
  const origin = x.client === undefined ? '' : `${x.client.protocol}://${hostOf(x.client)}`;
  if (rule.by === 'call' && x.call !== undefined)
    return `${rule.site} ${origin} ${x.call.service.serviceName} ${x.call.path}`;
  return `${rule.site} ${origin} ${x.path}`;
}

/** The first of the two keys: everything but what an answer's own Vary names. */
export function primaryKey(rule: KeyRule, x: Exchange, path: string, query: QueryRule | undefined): string {
  const search = rule.by === 'call' && x.call !== undefined ? x.call.search : x.search;
  let key = `${path}${queryKey(search, query)}`;
  if (rule.vary.length > 0) key += `\n${variantKey(rule.vary, x.headers)}`;
  if (rule.perUser) key += `\nuser ${encodeURIComponent(x.subject ?? '')}`;
  return key;
}

/** Everything stored for an address, so that a write to it makes all of it stale (RFC 9111 §4.4). */
export function ownAddress(x: Exchange): PurgeTarget {
  return addressTarget(hostIn(x), `${x.path}${x.search}`);
}

/** The address under which an answer is stored. @param said what it says of its query. */
export function addressLabel(x: Exchange, rule: QueryRule | undefined, said: QueryRule | undefined): StoredAddress {
  const isPartial = rule !== undefined || said !== undefined;
  return storedAddress(hostIn(x), `${x.path}${queryKey(x.search, said)}`, isPartial);
}

function hostIn({ client }: Exchange): string {
  return client === undefined ? '' : hostOf(client);
}

/**
 * The question that is asked for everybody whom its answer may be for: of what only one client knows it carries what the key covers,
 * and of the query what the route says makes another answer. A parameter that the key leaves out could be reflected to everybody.
 */
export function sharedQuestion(rule: KeyRule, x: Exchange): Exchange {
  const covered = new Set(rule.perUser ? [...rule.vary, 'cookie', 'authorization'] : rule.vary);
  const isCovered = (name: string) => covered.has(name) || MADE_HERE.has(name) || name.startsWith('x-forwarded-');
  const isShared = (name: string) => !ONES_OWN.has(name) || (covered.has(name) && !ONES_COPY.has(name));
  const headers = x.headers.only(name => isShared(name) && (!rule.narrow || isCovered(name)));
  return x.detached().with({
    method: 'GET',
    // RFC 8297: hints are for whoever waits; the first one does.
    earlyHints: x.earlyHints,
    headers,
    covered,
    subject: rule.perUser ? x.subject : undefined,
    search: queryKey(x.search, rule.query),
    validQuery: keptParameters(x.validQuery, rule.query),
    call: x.call && { ...x.call, search: queryKey(x.call.search, rule.query) },
  });
}

/**
 * The question of one client, as it is asked where its answer may be kept for others: nothing is in it that the key does not cover, but the
 * range and the credentials, which the answer itself speaks of (RFC 9111 §3.3 and §3.5). Undefined where it cannot be asked like that.
 */
export function openQuestion(rule: KeyRule, x: Exchange): Exchange | undefined {
  if (isOnesOwn(rule, x)) return undefined;
  const asked = sharedQuestion(rule, x);
  const told = x.headers.only(name => name === 'range' || (name === 'authorization' && !rule.perUser));
  return asked.with({
    method: x.method,
    headers: asked.headers.concat(told.flat),
    subject: x.subject,
    cancellation: x.cancellation,
    timeouts: x.timeouts,
  });
}

/** Whether its answer is made with what only this client knows. */
function isOnesOwn({ perUser, narrow, by, vary }: KeyRule, { headers, subject }: Exchange): boolean {
  if (ABOUT_ONES_COPY.some(name => name !== 'range' && headers.has(name))) return true;
  if (perUser) return false;
  const authorized = headers.has('authorization');
  const named = subject !== undefined && by === 'client';
  return (headers.has('cookie') && !vary.includes('cookie')) || named || (authorized && narrow);
}

const ONES_COPY: ReadonlySet<string> = new Set(ABOUT_ONES_COPY);
const ONES_OWN: ReadonlySet<string> = PERSONAL;

// Made by the gateway for every request: they say nothing an answer could depend on.
const MADE_HERE: ReadonlySet<string> = new Set(['x-request-id', 'traceparent', 'tracestate', 'forwarded']);

/** Whether an answer to one request is an answer to another, by the answer's own Vary (RFC 9111 §4.1). */
export function isSameVariant(names: readonly string[], asked: HeaderList, other: HeaderList): boolean {
  return names.length === 0 || variantKey(names, asked) === variantKey(names, other);
}
