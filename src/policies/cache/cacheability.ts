import type { AnyContext } from '../../config/loaded-route.ts';
import { contextOf } from '../../config/request-context.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { dependingOn } from '../../core/headers/vary.ts';
import { joinedLabels, type PurgeLabels } from '../../core/purge.ts';
import type { Reply } from '../../core/reply.ts';
import { unkeyedNames } from './fetch/shared-request.ts';
import { type CacheControl, cacheControlOf } from './http/cache-control.ts';
import { type ClockReading, type Freshness, freshnessOf, type Lifetimes } from './http/freshness.ts';
import { groupsIn } from './http/invalidation.ts';
import { noVarySearchOf } from './http/no-vary-search.ts';
import { fieldRefusal, isForAuthorized, type NoCacheReason, refusal, type StoreRule } from './http/storable.ts';
import { variantNames } from './http/vary.ts';
import type { Head } from './storage/entry.ts';
import { addressLabel, type KeyRule } from './storage/key.ts';

/** A route's cache policy as numbers. */
export interface CachePolicy extends Lifetimes {
  readonly key: KeyRule;
  /** The service of the responses if it is known before a request, or else the call site. */
  readonly service: string;
  readonly tags: readonly string[] | ((c: AnyContext) => readonly string[]) | undefined;
  /** Maximum size of a stored body, in bytes. */
  readonly objectLimit: number;
  /** Whether a response with Set-Cookie is stored with its cookie. */
  readonly setCookie: boolean;
  /** The lifetime for browsers instead of the backend's, in seconds; undefined leaves the backend's. */
  readonly browserSeconds: number | undefined;
  /** Whether a stored response of any age may replace a failing backend. */
  readonly keepForever: boolean;
  /** The time limit of a request's own call in milliseconds, as far as it is known here; undefined for none. */
  readonly callMs: (x: Exchange) => number | undefined;
}

/** The start of a request on the clock and relative to purges. */
export interface FetchSnapshot {
  readonly requestedAt: number;
  readonly epoch: number;
  /** The purge positions of the tiers, in their order. */
  readonly purgePositions: readonly number[];
}

/** A request with its response. */
export interface BackendResponse extends FetchSnapshot {
  readonly at: ClockReading;
}

/** The stored form of a response, or the reason why it is not stored. @throws errors of the team's `tags`. */
export function cacheability(
  policy: CachePolicy,
  request: Exchange,
  reply: Reply,
  snapshot: BackendResponse,
): Head | NoCacheReason {
  const control = cacheControlOf(reply.headers);
  return (
    refusal(reply, control, request.headers, storeRule(policy)) ?? headOf(policy, request, reply, control, snapshot)
  );
}

/** The same for a 206 to a request with Range (RFC 9111 §3.3). */
export function partCacheability(
  policy: CachePolicy,
  request: Exchange,
  reply: Reply,
  snapshot: BackendResponse,
): Head | NoCacheReason {
  const control = cacheControlOf(reply.headers);
  const refused = fieldRefusal(reply.headers, control, request.headers, storeRule(policy));
  if (refused !== undefined) return refused;
  // Heuristics and the route's ttl apply to complete responses, so a 206 counts as a 200.
  return headOf(policy, request, { ...reply, status: 200 }, control, snapshot);
}

function storeRule({ profile, key, setCookie }: CachePolicy): StoreRule {
  return { profile, perUser: key.perUser, setCookie };
}

function headOf(
  policy: CachePolicy,
  request: Exchange,
  reply: Reply,
  control: CacheControl,
  { at, requestedAt, epoch }: BackendResponse,
): Head | NoCacheReason {
  const arrival = { ...at, delayMs: Math.max(0, at.now - requestedAt) };
  const said = freshnessOf(reply, control, { ...policy, ttlMs: policy.ttlMs ?? ofDependencies(reply, at) }, arrival);
  const freshness = said && reply.dependencies ? withinDependencies(said, reply.dependencies.freshUntil) : said;
  if (reply.dependencies?.storable === false) return 'part-missing';
  if (freshness === undefined) return 'no-lifetime';
  const { headers } = reply;
  // A team's own function cannot revalidate, since it does not see conditions.
  const etag = policy.key.keyedHeadersOnly ? undefined : headers.get('etag');
  const lastModified = policy.key.keyedHeadersOnly ? undefined : headers.get('last-modified');
  const mustRevalidate = !isUsable(freshness, control.noCache === true, at.now);
  const mayBeStale = !(control.noCache === true || control.mustRevalidate || control.proxyRevalidate);
  // Stale on arrival, without stale use and without a validator: it would only fill the store.
  if (
    mustRevalidate &&
    !policy.keepForever &&
    etag === undefined &&
    lastModified === undefined &&
    freshness.sieUntil <= at.now
  )
    return 'stale-on-arrival';
  const own: PurgeLabels = {
    tags: [...tagsOf(policy, request), ...groupsIn(headers, 'cache-groups')],
    addresses: [addressLabel(request, policy.key.query, noVarySearchOf(headers))],
    keys: [],
  };
  const labels = reply.dependencies === undefined ? own : joinedLabels([own, reply.dependencies.labels]);
  return {
    ...freshness,
    status: reply.status,
    headers: storedHeaders(reply.headers, control, policy, at),
    labels,
    epoch,
    names: namesOf(headers, request.headers, policy.key),
    etag,
    lastModified,
    mustRevalidate: mustRevalidate,
    mayBeStale,
    forAuthorized: policy.key.perUser || isForAuthorized(control),
    keepForever: policy.keepForever,
    // Fields of one user must not be in a shared response.
    dependencies: { storable: !policy.key.perUser, freshUntil: freshness.freshUntil, labels },
  };
}

/**
 * The request fields in a response's variant key beside those of the policy: those in its Vary (RFC 9111 §4.1), and all
 * fields of the client that were sent, because a backend may depend on any field that it receives.
 */
function namesOf(headers: HeaderList, sent: HeaderList, key: KeyRule): readonly string[] {
  const names = new Set([...saidNames(headers, key), ...unkeyedNames(key, sent)]);
  return [...names].sort();
}

/** The request fields that a response declares in addition to those in its key. */
export function saidNames(headers: HeaderList, { unconditional, vary }: KeyRule): readonly string[] {
  // A backend that received `Accept-Encoding: identity` and sent no content encoding has one representation for all
  // (RFC 9110 §12.5.3: identity is always acceptable).
  const isPlain = unconditional && !headers.has('content-encoding');
  return variantNames(headers).filter(name => !vary.includes(name) && !(isPlain && name === 'accept-encoding'));
}

// A combined response without a lifetime of its own has that of its dependencies.
function ofDependencies({ dependencies }: Reply, { now }: ClockReading): number | undefined {
  return dependencies?.freshUntil === undefined ? undefined : Math.max(0, dependencies.freshUntil - now);
}

/** A combined response is no fresher than the least fresh of its dependencies. */
function withinDependencies(own: Freshness, freshUntil: number | undefined): Freshness {
  if (freshUntil === undefined || freshUntil >= own.freshUntil) return own;
  const lessMs = own.freshUntil - freshUntil;
  return {
    bornAt: own.bornAt,
    freshUntil,
    swrUntil: own.swrUntil - lessMs,
    sieUntil: own.sieUntil - lessMs,
    brokenUntil: own.brokenUntil - lessMs,
  };
}

/** Whether a response may be served to other clients without revalidation. */
function isUsable({ freshUntil, swrUntil }: Freshness, noCache: boolean, now: number): boolean {
  return !noCache && Math.max(freshUntil, swrUntil) > now;
}

function tagsOf({ tags }: CachePolicy, request: Exchange): readonly string[] {
  return typeof tags === 'function' ? tags(contextOf(request)) : (tags ?? []);
}

/** RFC 6265 §9.4: Set-Cookie2 is historic, and no browser accepts a cookie from it. */
export const COOKIES: ReadonlySet<string> = new Set(['set-cookie']);

export function keepsCookies({ profile, setCookie }: CachePolicy): boolean {
  return profile === 'rfc9111' || setCookie;
}

/**
 * Fields for this cache only, and fields of other caches from before RFC 9211 that would be mistaken for the gateway's.
 */
export const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set(['portico-cache-control', 'x-cache', 'x-cache-hits']);

const MADE_AT_USE: readonly string[] = ['age', 'cache-status', ...NOT_FOR_CLIENTS];

function storedHeaders(
  headers: HeaderList,
  control: CacheControl,
  policy: CachePolicy,
  { wall }: ClockReading,
): HeaderList {
  const dropped = new Set(MADE_AT_USE);
  // RFC 9111 §5.2.2.4 and §5.2.2.7: fields that may not be reused, and those of one user.
  for (const named of [control.noCache, control.isPrivate]) {
    if (typeof named === 'object') for (const name of named) dropped.add(name);
  }
  if (!keepsCookies(policy)) for (const name of COOKIES) dropped.add(name);
  const kept = dependingOn(policy.key.vary, forBrowsers(headers.without(dropped), policy));
  // RFC 9110 §6.6.1: a stored response without a date gets one.
  return kept.has('date') ? kept : kept.add('Date', new Date(wall).toUTCString());
}

/** The response headers for browsers, with their own lifetime. */
export function forBrowsers(headers: HeaderList, { browserSeconds, key }: CachePolicy): HeaderList {
  if (browserSeconds === undefined) return headers;
  const scope = key.perUser ? 'private' : 'public';
  const value = browserSeconds === 0 ? 'no-cache' : `${scope}, max-age=${browserSeconds}`;
  return headers.without(SAID_TO_BROWSERS).add('Cache-Control', value);
}

const SAID_TO_BROWSERS: ReadonlySet<string> = new Set(['cache-control', 'expires', 'pragma', 'age']);
