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

/** A call site's cache, to be looked at. */
interface ExplainedSite {
  readonly policy: CachePolicy;
  readonly parts: CacheParts;
  readonly routeCache: RouteCache;
}

/** What the cache would do with a request. Only the memory is looked at, and no backend asked. */
export function explained(site: ExplainedSite, x: Exchange): CacheExplanation {
  const { policy, parts, routeCache: library } = site;
  const refusal = notForCaches(policy, x);
  const found = library.find(x);
  const withheld = refusal === undefined ? unsaid(x.headers, library.request(x).headers, 'nothing') : [];
  const common = {
    key: readableKey(site, x, found),
    tiers: parts.tiers.map(({ name }) => name),
    ...(withheld.length === 0 ? {} : { withheld }),
  };
  if (refusal !== undefined) {
    return { ...common, state: 'not-asked', would: { verdict: 'PASS', detail: NOT_FOR_CACHES[refusal] } };
  }
  const asked = { x, control: controlOf(policy, x) };
  if (found.kind !== 'stored') {
    const would = wouldWithout(site, asked, found);
    return found.kind === 'absent'
      ? { ...common, state: 'absent', would }
      : { ...common, state: 'unshared', why: found.why, would };
  }
  const now = parts.clock.now();
  return {
    ...common,
    state: stateOf(found.entry, now),
    stored: storedOf(found.entry, now),
    would: wouldWith(site, asked, found.entry, now),
  };
}

const NOT_FOR_CACHES: Readonly<Record<NotForCaches, string>> = {
  method: 'only GET and HEAD are answered from what is stored',
  body: 'a request with a body is another question than its address says',
  precondition: 'preconditions are for the backend to judge',
  'no-user': 'answers are stored for one user each, and nobody has said who asks',
};

function readableKey({ policy, routeCache: library }: ExplainedSite, x: Exchange, found: CacheLookup): string {
  const { key } = policy;
  const { search, names } = library.counts(x);
  const address = key.by === 'call' && x.call !== undefined ? `${x.call.service.serviceName} ${x.call.path}` : x.path;
  const own = found.kind === 'stored' ? found.entry.names : names;
  const telling = [...new Set([...key.vary, ...own])].map(name => {
    const value = x.headers.joined(name);
    return value === undefined ? `no ${name}` : `${name}=${value}`;
  });
  const user = key.perUser && x.subject !== undefined ? [`user ${x.subject}`] : [];
  return [`GET ${address}${search}`, ...telling, ...user].join(' · ');
}

function stateOf(entry: StoredReply, now: number): CacheState {
  if (entry.alone) return 'asked-about-first';
  return isFresh(entry, now) ? 'fresh' : 'stale';
}

function storedOf(entry: StoredReply, now: number): StoredExplanation {
  const { status, bornAt, freshUntil, swrUntil, sieUntil, brokenUntil, lasting, body, labels, mark } = entry;
  return {
    in: 'memory',
    status,
    ageSeconds: Math.max(0, whole(now - bornAt)),
    freshForSeconds: whole(freshUntil - now),
    refreshedForSeconds: mayRevalidateInBackground(entry, now) ? left(swrUntil, now) : 0,
    ...(lasting
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

function wouldWith({ policy }: ExplainedSite, asked: CacheRequest, entry: StoredReply, now: number): CacheOutlook {
  const { x } = asked;
  switch (decideFromStored(policy, asked, entry, now)) {
    case 'hit':
      return { verdict: 'HIT', detail: joined(as(x, entry), `fresh for ${whole(entry.freshUntil - now)} s`) };
    case 'stale-and-ask':
      return { verdict: 'STALE', detail: joined(as(x, entry), 'asked for again meanwhile') };
    case 'stale':
      return { verdict: 'STALE', detail: joined(as(x, entry), 'the client takes it so') };
    case 'refuse':
      return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
    case 'head':
      return { verdict: 'PASS', detail: 'a HEAD, whose answer counts for what is stored' };
    case 'bypass':
      return { verdict: 'PASS', detail: 'it carries credentials, and what is stored is not for requests that do' };
    case 'pass':
      return { verdict: 'PASS', detail: isPersonal(policy, x) ? CREDENTIALS : entry.alone ? OWN_VIEW : NO_STORE };
    case 'fetch':
      return askedAgain(asked, entry, now);
  }
}

function askedAgain(asked: CacheRequest, entry: StoredReply, now: number): CacheOutlook {
  const why = entry.alone
    ? 'it has to be asked about before each use'
    : forwardedBecause(asked, entry, now) === 'request'
      ? 'the client does not take it as it is'
      : 'it is stale';
  const validators = validatorsOf(entry);
  if (validators.length === 0) return { verdict: 'MISS', detail: `${why}, and carries no validator` };
  return { verdict: 'REVALIDATE', detail: `${why}; ${validators.join(', ')}` };
}

function wouldWithout(
  site: ExplainedSite,
  asked: CacheRequest,
  found: Exclude<CacheLookup, { kind: 'stored' }>,
): CacheOutlook {
  const { x } = asked;
  const { policy } = site;
  switch (decideFromMiss(policy, asked, found.kind)) {
    case 'piece':
      return piece(site, asked);
    case 'refuse':
      return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
    case 'pass':
      if (found.kind === 'unshared') {
        return { verdict: 'PASS', detail: `answers here are not shared: ${found.why}` };
      }
      return { verdict: 'PASS', detail: isPersonal(policy, x) ? CREDENTIALS : 'a HEAD, and nothing stored' };
    case 'unstored':
      return { verdict: 'PASS', detail: NO_STORE };
    case 'fetch':
      return { verdict: 'MISS', detail: besides(site, x, found) };
  }
}

/** A backend that is asked for another variant may say that one of those it gave before fits. */
function besides({ routeCache: library }: ExplainedSite, x: Exchange, found: CacheLookup): string {
  if (found.kind !== 'absent' || found.why !== 'vary-miss') return '';
  const tags = library.siblings(x).length;
  return joined(
    'only other variants are stored',
    tags > 0 && `asked with the tags of ${tags === 1 ? 'one' : `${tags} of them`}`,
  );
}

function piece({ parts, routeCache: library }: ExplainedSite, asked: CacheRequest): CacheOutlook {
  const now = parts.clock.now();
  const part = asked.x.method === 'GET' ? library.findPart(asked.x) : undefined;
  const reply = part !== undefined && isUsable(asked, part, now) ? representedPart(asked.x, part) : undefined;
  if (reply !== undefined) return { verdict: 'HIT', detail: 'as 206, from a piece that is stored' };
  if (asked.control?.onlyIfCached === true) return { verdict: 'REFUSE', detail: ONLY_IF_CACHED };
  return { verdict: 'PASS', detail: 'a range of what is not stored whole' };
}

/** A client that has it already is told so, one that wants a piece is given one. */
function as(x: Exchange, entry: StoredReply): string | false {
  const { status } = represented(x, entry);
  return status !== entry.status && `as ${status}`;
}

function joined(...words: readonly (string | false)[]): string {
  return words.filter(word => word !== false).join(', ');
}

const ONLY_IF_CACHED = 'the client wants it only if it is stored';
const CREDENTIALS = 'it carries credentials';
const OWN_VIEW = 'what is stored has to be asked about before each use, and it carries a cookie';
const NO_STORE = 'the client wants nothing stored';
