import type { Exchange } from '../../core/exchange.ts';
import type { CachePolicy } from './cacheability.ts';
import type { ForwardedBecause } from './http/cache-status.ts';
import { type RequestControl, requestControlOf, takes } from './http/request-control.ts';
import type { CacheLookup } from './route-cache.ts';
import type { StoredReply } from './storage/entry.ts';

// The cache decision for a stored response: made here, executed by the stage, shown by the explanation.

/** Why a request bypasses the cache. */
export type NotForCaches = 'method' | 'body' | 'precondition' | 'no-user';

/**
 * The body is not part of the key (RFC 9110 §9.3.1), the origin evaluates preconditions (RFC 9111 §4.3.2), and a
 * per-user cache has nothing without a user.
 */
export function notForCaches(
  { key }: CachePolicy,
  { method, body, headers, details: { subject } }: Exchange,
): NotForCaches | undefined {
  if (method !== 'GET' && method !== 'HEAD') return 'method';
  if (body.kind !== 'none') return 'body';
  if (headers.has('if-match') || headers.has('if-unmodified-since')) return 'precondition';
  return key.perUser && subject === undefined ? 'no-user' : undefined;
}

/** A request with credentials does not take part in coalescing. */
export function isPersonal({ key }: CachePolicy, { headers }: Exchange): boolean {
  return headers.has('authorization') && !key.perUser;
}

/**
 * Whether a response that must be revalidated may differ for this client, whose own request would carry its cookie. In
 * the rfc9111 profile only Vary decides (RFC 9111 §4.1), but a page with `no-cache` often contains the name of a user.
 */
export function hasOwnView({ profile, key }: CachePolicy, { headers }: Exchange): boolean {
  return profile === 'default' && !key.perUser && headers.has('cookie') && !key.vary.includes('cookie');
}

/** The request directives of the client; undefined if they are ignored. */
export function controlOf({ profile }: CachePolicy, x: Exchange): RequestControl | undefined {
  return profile === 'rfc9111' ? requestControlOf(x.headers) : undefined;
}

/** A request, before the lookup. */
export interface CacheRequest {
  readonly x: Exchange;
  readonly control: RequestControl | undefined;
}

/**
 * `stale-while-revalidate`: served stale, and revalidated in the background. `refuse`: only-if-cached. `head`: a HEAD
 * that freshens the stored response. `bypass`: the stored response is not for this client. `pass`: forwarded for this
 * client alone. `fetch`: a shared fetch.
 */
export type StoredDecision =
  | 'hit'
  | 'stale-while-revalidate'
  | 'stale'
  | 'refuse'
  | 'head'
  | 'bypass'
  | 'pass'
  | 'fetch';

export function decideFromStored(
  policy: CachePolicy,
  { x, control }: CacheRequest,
  entry: StoredReply,
  now: number,
): StoredDecision {
  if (isPersonal(policy, x) && !entry.forAuthorized) return 'bypass';
  if (entry.mustRevalidate && hasOwnView(policy, x)) return 'pass';
  const isTaken = control === undefined || takes(control, entry, now);
  if (isFresh(entry, now) && isTaken) return 'hit';
  const isPatient = control === undefined || (!control.noCache && control.maxAgeMs === undefined);
  if (isPatient && mayRevalidateInBackground(entry, now)) return 'stale-while-revalidate';
  // RFC 9111 §4.2.4: a client cannot override a no-cache of the response.
  if (control !== undefined && entry.mayBeStale && !entry.mark.soft && isTaken) return 'stale';
  if (control?.onlyIfCached === true) return 'refuse';
  if (x.method === 'HEAD') return 'head';
  return isPersonal(policy, x) || control?.noStore === true ? 'pass' : 'fetch';
}

/** Why a stored response is not sufficient. */
export function forwardedBecause({ control }: CacheRequest, entry: StoredReply, now: number): ForwardedBecause {
  return control?.noCache === true || isFresh(entry, now) ? 'request' : 'stale';
}

/**
 * `range`: a range of a representation that is not stored completely. `unstored`: forwarded for this client alone, at
 * its own request.
 */
export type MissDecision = 'range' | 'refuse' | 'pass' | 'unstored' | 'fetch';

export function decideFromMiss(
  policy: CachePolicy,
  { x, control }: CacheRequest,
  kind: CacheLookup['kind'],
): MissDecision {
  const personal = isPersonal(policy, x);
  if (x.headers.has('range') && !personal) return 'range';
  if (control?.onlyIfCached === true) return 'refuse';
  if (kind === 'unshared' || x.method === 'HEAD' || personal) return 'pass';
  return control?.noStore === true ? 'unstored' : 'fetch';
}

export function isFresh({ mustRevalidate, mark, freshUntil }: StoredReply, now: number): boolean {
  return !mustRevalidate && !mark.soft && now < freshUntil;
}

/** Whether it is served during revalidation, which needs permission for stale use however it became stale. */
export function mayRevalidateInBackground({ mustRevalidate, freshUntil, swrUntil }: StoredReply, now: number): boolean {
  return !mustRevalidate && now < swrUntil && swrUntil > freshUntil;
}

/** Whether it is fresh enough for the client's directives. */
export function isUsable({ control }: Pick<CacheRequest, 'control'>, entry: StoredReply, now: number): boolean {
  return isFresh(entry, now) && (control === undefined || takes(control, entry, now));
}
