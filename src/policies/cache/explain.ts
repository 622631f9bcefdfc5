import type { Exchange } from '../../core/exchange.ts';
import type { CacheExplanation, CacheOutlook, CacheState, StoredExplanation } from '../../core/explanation.ts';
import {
  type CacheRequest,
  controlOf,
  decideFromMiss,
  decideFromStored,
  forwardedBecause,
  isFresh,
  isPersonal,
  isUsable,
  mayRevalidateInBackground,
  type NotForCaches,
  notForCaches,
} from './cache-decision.ts';
import type { CacheParts } from './cache-parts.ts';
import type { CachePolicy } from './cacheability.ts';
import { unsaid } from './fetch/shared-request.ts';
import { represented, representedPart } from './http/representation.ts';
import { canValidate } from './http/validation.ts';
import type { CacheLookup, RouteCache } from './route-cache.ts';
import type { StoredReply } from './storage/entry.ts';

/** The cache of one call site. */
interface ExplainedSite {
  readonly policy: CachePolicy;
  readonly parts: CacheParts;
  readonly routeCache: RouteCache;
}

/** Describes the cache decision for a request. It reads only the memory store and calls no backend. */
export function explained(site: ExplainedSite, x: Exchange): CacheExplanation {
  const { policy, parts, routeCache } = site;
  const refusal = notForCaches(policy, x);
  const found = routeCache.find(x);
  const withheld = refusal === undefined ? unsaid(x.headers, routeCache.request(x).headers, 'nothing') : [];
  const common = {
    key: readableKey(site, x, found),
    tiers: parts.tiers.map(({ name }) => name),
    ...(withheld.length === 0 ? {} : { withheld }),
  };
  if (refusal !== undefined) {
    return { ...common, state: 'bypassed', result: { verdict: 'PASS', detail: NOT_FOR_CACHES[refusal] } };
  }
  const request = { x, control: controlOf(policy, x) };
  if (found.kind !== 'stored') {
    const result = resultFromMiss(site, request, found);
    return found.kind === 'absent'
      ? { ...common, state: 'absent', result: result }
      : { ...common, state: 'unshared', why: found.why, result: result };
  }
  const now = parts.clock.now();
  return {
    ...common,
    state: stateOf(found.entry, now),
    stored: storedOf(found.entry, now),
    result: resultFromStored(site, request, found.entry, now),
  };
}

const NOT_FOR_CACHES: Readonly<Record<NotForCaches, string>> = {
  method: 'only GET and HEAD are served from the cache',
  body: 'the request has a body, which is not part of the key',
  precondition: 'the backend evaluates preconditions',
  'no-user': 'responses are stored per user, and no guard named the user',
};

function readableKey({ policy, routeCache }: ExplainedSite, x: Exchange, found: CacheLookup): string {
  const { key } = policy;
  const { search, names } = routeCache.counts(x);
  const address = key.by === 'call' && x.call !== undefined ? `${x.call.service.serviceName} ${x.call.path}` : x.path;
  const own = found.kind === 'stored' ? found.entry.names : names;
  const telling = [...new Set([...key.vary, ...own])].map(name => {
    const value = x.headers.joined(name);
    return value === undefined ? `no ${name}` : `${name}=${value}`;
  });
  const user = key.perUser && x.details.subject !== undefined ? [`user ${x.details.subject}`] : [];
  return [`GET ${address}${search}`, ...telling, ...user].join(' · ');
}

function stateOf(entry: StoredReply, now: number): CacheState {
  if (entry.mustRevalidate) return 'must-revalidate';
  return isFresh(entry, now) ? 'fresh' : 'stale';
}

function storedOf(entry: StoredReply, now: number): StoredExplanation {
  const { status, bornAt, freshUntil, swrUntil, sieUntil, brokenUntil, keepForever, body, labels, mark } = entry;
  return {
    in: 'memory',
    status,
    ageSeconds: Math.max(0, whole(now - bornAt)),
    freshForSeconds: whole(freshUntil - now),
    refreshedForSeconds: mayRevalidateInBackground(entry, now) ? left(swrUntil, now) : 0,
    ...(keepForever
      ? {}
      : { insteadOfErrorForSeconds: left(sieUntil, now), insteadOfSilenceForSeconds: left(brokenUntil, now) }),
    bytes: body.bytes.length,
    tags: labels.tags,
    softlyPurged: mark.soft,
    validators: validatorsOf(entry),
  };
}

function whole(ms: number): number {
  return Math.floor(ms / 1000);
}

function left(until: number, now: number): number {
  return Math.max(0, whole(until - now));
}

function validatorsOf(entry: StoredReply): string[] {
  if (!canValidate(entry)) return [];
  const { etag, lastModified } = entry;
  return [
    ...(etag === undefined ? [] : [`If-None-Match: ${etag}`]),
    ...(lastModified === undefined ? [] : [`If-Modified-Since: ${lastModified}`]),
  ];
}

function resultFromStored(
  { policy }: ExplainedSite,
  request: CacheRequest,
  entry: StoredReply,
  now: number,
): CacheOutlook {
  const { x } = request;
  switch (decideFromStored(policy, request, entry, now)) {
    case 'hit':
      return { verdict: 'HIT', detail: joined(as(x, entry), `fresh for ${whole(entry.freshUntil - now)} s`) };
    case 'stale-while-revalidate':
      return { verdict: 'STALE', detail: joined(as(x, entry), 'revalidated in the background') };
    case 'stale':
      return { verdict: 'STALE', detail: joined(as(x, entry), 'the client accepts it stale') };
    case 'refuse':
      return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
    case 'head':
      return { verdict: 'PASS', detail: 'a HEAD request, whose response updates the stored one' };
    case 'bypass':
      return {
        verdict: 'PASS',
        detail: 'the request has credentials, and the stored response is not for such requests',
      };
    case 'pass':
      return {
        verdict: 'PASS',
        detail: isPersonal(policy, x) ? CREDENTIALS : entry.mustRevalidate ? OWN_VIEW : NO_STORE,
      };
    case 'fetch':
      return revalidateOrFetch(request, entry, now);
  }
}

function revalidateOrFetch(request: CacheRequest, entry: StoredReply, now: number): CacheOutlook {
  const why = entry.mustRevalidate
    ? 'it must be revalidated before each use'
    : forwardedBecause(request, entry, now) === 'request'
      ? 'the client does not accept it as it is'
      : 'it is stale';
  const validators = validatorsOf(entry);
  if (validators.length === 0) return { verdict: 'MISS', detail: `${why}, and has no validator` };
  return { verdict: 'REVALIDATE', detail: `${why}; ${validators.join(', ')}` };
}

function resultFromMiss(
  site: ExplainedSite,
  request: CacheRequest,
  found: Exclude<CacheLookup, { kind: 'stored' }>,
): CacheOutlook {
  const { x } = request;
  const { policy } = site;
  switch (decideFromMiss(policy, request, found.kind)) {
    case 'range':
      return range(site, request);
    case 'refuse':
      return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
    case 'pass':
      if (found.kind === 'unshared') {
        return { verdict: 'PASS', detail: `responses here are not shared: ${found.why}` };
      }
      return { verdict: 'PASS', detail: isPersonal(policy, x) ? CREDENTIALS : 'a HEAD request, and nothing is stored' };
    case 'unstored':
      return { verdict: 'PASS', detail: NO_STORE };
    case 'fetch':
      return { verdict: 'MISS', detail: missDetail(site, x, found) };
  }
}

/**
 * Other variants are stored: the request carries their entity tags, and the backend may respond with 304 for one of
 * them (RFC 9111 §4.3.1).
 */
function missDetail({ routeCache }: ExplainedSite, x: Exchange, found: CacheLookup): string {
  if (found.kind !== 'absent' || found.why !== 'vary-miss') return '';
  const tags = routeCache.siblings(x).length;
  return joined(
    'only other variants are stored',
    tags > 0 && `revalidated with the tags of ${tags === 1 ? 'one' : `${tags} of them`}`,
  );
}

function range({ parts, routeCache }: ExplainedSite, request: CacheRequest): CacheOutlook {
  const now = parts.clock.now();
  const part = request.x.method === 'GET' ? routeCache.findPart(request.x) : undefined;
  const reply = part !== undefined && isUsable(request, part, now) ? representedPart(request.x, part) : undefined;
  if (reply !== undefined) return { verdict: 'HIT', detail: 'as 206, from a stored range' };
  if (request.control?.onlyIfCached === true) return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
  return { verdict: 'PASS', detail: 'a range, and the whole is not stored' };
}

/** The client's status for the stored response, if it differs: 304 or 206. */
function as(x: Exchange, entry: StoredReply): string | false {
  const { status } = represented(x, entry);
  return status !== entry.status && `as ${status}`;
}

function joined(...words: readonly (string | false)[]): string {
  return words.filter(word => word !== false).join(', ');
}

const ONLY_IF_CACHED = 'the client accepts only a stored response';
const CREDENTIALS = 'the request has credentials';
const OWN_VIEW = 'the stored response must be revalidated before each use, and the request has a cookie';
const NO_STORE = 'the request has no-store';
