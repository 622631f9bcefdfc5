import { discard } from '../../../core/body.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { asFailure, type GatewayError, isEndOfSession, precomputed } from '../../../core/failure.ts';
import { namesInVary } from '../../../core/headers/vary.ts';
import type { CacheResult } from '../../../core/ports/meter.ts';
import type { Reply } from '../../../core/reply.ts';
import { isTransient } from '../../../core/transient.ts';
import { type CacheRequest, isFresh } from '../cache-decision.ts';
import type { CacheParts } from '../cache-parts.ts';
import type { CacheResponseHeaders } from '../cache-response-headers.ts';
import type { CacheStatusReport, ForwardedBecause } from '../http/cache-status.ts';
import { represented } from '../http/representation.ts';
import type { NoCacheReason } from '../http/storable.ts';
import { canValidate } from '../http/validation.ts';
import type { RouteCache } from '../route-cache.ts';
import type { StaleIfError } from '../stale-if-error.ts';
import type { StoredReply } from '../storage/entry.ts';
import { isSameVariant } from '../storage/key.ts';
import {
  abandon,
  awaitFetchResult,
  type FetchResult,
  type InFlightFetch,
  type InFlightFetches,
  type StoredState,
} from './in-flight-fetch.ts';
import { canResume } from './range-completion.ts';
import { saysMore } from './shared-request.ts';

/** Maximum of lookups of one request after changes by others, before it fetches alone. */
export const MAX_LOOKUPS = 4;

/** A lookup for a request. */
export interface FetchLookup extends CacheRequest {
  /** The number of earlier lookups. */
  readonly lookups: number;
}

/** Why a request joins a fetch, and its stale response. */
interface Fetching {
  readonly why: ForwardedBecause;
  readonly entry: StoredReply | undefined;
  readonly isOwn: boolean;
}

/** The outcome of a shared fetch for one request: a reply, or the next step. */
export type FetchOutcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Served in place of a failure. */
  | { readonly kind: 'stale'; readonly entry: StoredReply; readonly report: CacheStatusReport }
  /** The stored entries have changed, so the request is looked up again. */
  | { readonly kind: 'again' }
  /** The response belongs to another client, so the request is forwarded for its own client alone. */
  | { readonly kind: 'pass' }
  /** The same if responses are known to be unshareable. */
  | { readonly kind: 'unshared'; readonly refused: NoCacheReason | undefined };

const AGAIN: FetchOutcome = { kind: 'again' };
const PASS: FetchOutcome = { kind: 'pass' };

export interface CollapsedForwardingOptions {
  /** Whether responses are made by a team's own functions. */
  readonly keyedHeadersOnly: boolean;
  /** Whether a response that must be revalidated may differ for this client. */
  readonly hasOwnView: (x: Exchange) => boolean;
  readonly parts: CacheParts;
  readonly routeCache: RouteCache;
  readonly inFlightFetches: InFlightFetches;
  readonly responseHeaders: CacheResponseHeaders;
  readonly count: (result: CacheResult) => void;
  readonly staleIfError: StaleIfError;
}

/** Request coalescing: from joining a shared fetch to its outcome for each request. */
export class CollapsedForwarding {
  readonly #keyedHeadersOnly: boolean;
  readonly #hasOwnView: (x: Exchange) => boolean;
  readonly #parts: CacheParts;
  readonly #routeCache: RouteCache;
  readonly #inFlightFetches: InFlightFetches;
  readonly #responseHeaders: CacheResponseHeaders;
  readonly #count: (result: CacheResult) => void;
  readonly #staleIfError: StaleIfError;

  constructor({
    keyedHeadersOnly: isNarrow,
    hasOwnView,
    parts,
    routeCache,
    inFlightFetches,
    responseHeaders,
    count,
    staleIfError,
  }: CollapsedForwardingOptions) {
    this.#keyedHeadersOnly = isNarrow;
    this.#hasOwnView = hasOwnView;
    this.#parts = parts;
    this.#routeCache = routeCache;
    this.#inFlightFetches = inFlightFetches;
    this.#responseHeaders = responseHeaders;
    this.#count = count;
    this.#staleIfError = staleIfError;
  }

  fetch(
    lookup: FetchLookup,
    key: string,
    why: ForwardedBecause,
    entry: StoredReply | undefined,
  ): Promise<FetchOutcome> {
    const isAlone = entry?.mustRevalidate === true || why === 'request' || lookup.lookups >= MAX_LOOKUPS;
    const request = this.#routeCache.request(lookup.x, entry);
    // Requests with an equal shared request are coalesced, whatever else differs.
    const meeting = entry === undefined ? this.#routeCache.find(request).key : key;
    const running = isAlone ? undefined : this.#inFlightFetches.at(meeting);
    if (running !== undefined) return this.#awaitResult(lookup, running, { why, entry, isOwn: false });
    const known = entry === undefined ? this.#knownBeside(lookup.x, why) : storedStateOf(entry);
    const inFlightFetch = isAlone
      ? this.#inFlightFetches.startAlone(request, known)
      : this.#inFlightFetches.start(meeting, request, known);
    return this.#awaitResult(lookup, inFlightFetch, { why, entry, isOwn: true });
  }

  #knownBeside(x: Exchange, why: ForwardedBecause): StoredState {
    const part = why === 'uri-miss' || why === 'vary-miss' ? this.#routeCache.findPart(x) : undefined;
    return {
      candidates: why === 'vary-miss' ? this.#routeCache.siblings(x) : [],
      part: part !== undefined && canResume(part) && isFresh(part, this.#parts.clock.now()) ? part : undefined,
    };
  }

  async #awaitResult(lookup: FetchLookup, inFlightFetch: InFlightFetch, fetching: Fetching): Promise<FetchOutcome> {
    const { x } = lookup;
    let result: FetchResult;
    // The attempts of its own fetch are in its journal.
    const waiting = fetching.isOwn ? undefined : x.journal;
    waiting?.waits();
    try {
      result = await awaitFetchResult(inFlightFetch, x);
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (fetching.isOwn) abandon(inFlightFetch);
      // It may be another session of the same user that has ended.
      else if (isEndOfSession(failure)) return this.#fetchAlone(lookup, fetching.why, fetching.entry);
      return { kind: 'stale', ...this.#staleIfError.orThrow(failure, fetching.entry) };
    } finally {
      waiting?.continues();
    }
    if (result.kind === 'unshared') return { kind: 'unshared', refused: undefined };
    if (result.kind === 'elsewhere') return this.#fromElsewhere(lookup, inFlightFetch, result.entry, fetching);
    if (result.kind === 'own') return this.#unshared(lookup, inFlightFetch, result, fetching);
    return this.#shared(lookup, inFlightFetch, result, fetching);
  }

  #fromElsewhere(lookup: FetchLookup, { request }: InFlightFetch, entry: StoredReply, { why }: Fetching): FetchOutcome {
    const { x } = lookup;
    const isOurs = isSameVariant(entry.names, request.headers, x.headers) && !this.#routeCache.isPurged(entry);
    // A response of another host that must be revalidated before each use must be so here too.
    if (!isOurs || !isFresh(entry, this.#parts.clock.now())) return AGAIN;
    this.#count('miss');
    const reply = this.#responseHeaders.stored(x, entry, { kind: 'forwarded', why, collapsed: true });
    return { kind: 'reply', reply };
  }

  #shared(
    lookup: FetchLookup,
    { request }: InFlightFetch,
    { taken, response }: Extract<FetchResult, { kind: 'taken' }>,
    { why, isOwn }: Fetching,
  ): FetchOutcome {
    const { x } = lookup;
    const { head, content } = taken;
    if (!isSameVariant(head.names, request.headers, x.headers)) {
      // Its Vary names a field that was left out of the shared request, or another request's variant was fetched.
      if (isOwn) discard(content.first, REPLACED);
      return this.#refetch(lookup, namesInVary(head.headers));
    }
    // A request after a purge does not get a response from before it.
    if (!isOwn && this.#routeCache.isPurged(head)) return AGAIN;
    const body = isOwn ? content.first : content.attach();
    if (body === undefined) return PASS;
    this.#count(response === undefined ? 'revalidated' : 'miss');
    const status = response === undefined ? 304 : head.status;
    const report: CacheStatusReport = { kind: 'forwarded', why, status, stored: true, collapsed: !isOwn };
    const { dependencies } = head;
    const isFirst = isOwn && response !== undefined;
    const { headers } = isFirst ? response : head;
    const reply = represented(x, { status: isFirst ? response.status : head.status, headers, body, dependencies });
    return {
      kind: 'reply',
      reply: isFirst
        ? this.#responseHeaders.marked(x, reply, report)
        : this.#responseHeaders.aged(x, reply, head, report),
    };
  }

  #unshared(
    lookup: FetchLookup,
    { request }: InFlightFetch,
    { reply, refused }: Extract<FetchResult, { kind: 'own' }>,
    { why, entry, isOwn }: Fetching,
  ): FetchOutcome | Promise<FetchOutcome> {
    const { x } = lookup;
    if (isTransient(reply.status)) {
      const report = entry && this.#staleIfError.insteadOf(reply.status, entry);
      if (entry !== undefined && report !== undefined) {
        if (isOwn) discard(reply.body, REPLACED);
        return { kind: 'stale', entry, report };
      }
      // The failure of a backend is shared, so that coalesced requests do not all repeat the call.
      if (!isOwn)
        throw this.#responseHeaders.annotated(leadersFailure(reply), {
          kind: 'forwarded',
          why,
          status: reply.status,
          collapsed: true,
        });
    }
    const isStored = refused === undefined;
    if (isStored && this.#hasOwnView(x)) {
      if (isOwn) discard(reply.body, REPLACED);
      return PASS;
    }
    if (!isOwn) return isStored ? this.#fetchAlone(lookup, why, entry) : { kind: 'unshared', refused };
    const response = namesInVary(reply.headers);
    if (isStored && !isSameVariant(response, request.headers, x.headers)) {
      discard(reply.body, REPLACED);
      return this.#refetch(lookup, response);
    }
    if (!isStored && this.#isAnothers(x, request, reply)) {
      discard(reply.body, REPLACED);
      return { kind: 'unshared', refused };
    }
    this.#count('miss');
    const report: CacheStatusReport = {
      kind: 'forwarded',
      why,
      status: reply.status,
      ...(isStored ? { stored: true } : { detail: refused }),
    };
    return { kind: 'reply', reply: this.#responseHeaders.marked(x, represented(x, reply), report) };
  }

  /**
   * The response belongs to another request. If the fields that it depends on may be in a shared request, the next
   * lookup sends them; otherwise the request is sent for this client alone.
   */
  #refetch(lookup: FetchLookup, names: readonly string[]): FetchOutcome {
    const { x, lookups } = lookup;
    const isAskable = lookups < MAX_LOOKUPS && isSameVariant(names, this.#routeCache.request(x).headers, x.headers);
    return isAskable ? AGAIN : { kind: 'unshared', refused: undefined };
  }

  /** The awaited response must be revalidated before each use, or the fetch failed for its own client only. */
  #fetchAlone(lookup: FetchLookup, why: ForwardedBecause, entry: StoredReply | undefined): Promise<FetchOutcome> {
    const request = this.#routeCache.request(lookup.x, entry);
    const inFlightFetch = this.#inFlightFetches.startAlone(
      request,
      entry === undefined ? NOTHING_KNOWN : storedStateOf(entry),
    );
    return this.#awaitResult(lookup, inFlightFetch, { why, entry, isOwn: true });
  }

  /**
   * Whether an unshareable response is wrong even for its own client, because its request left out the client's fields.
   * A failure is the same for all. A response that depends on the client's program has that in its Vary, or is for a
   * user, whose cookie was not sent either; a response of several parts has their dependencies in its Vary.
   */
  #isAnothers(x: Exchange, request: Exchange, { status, headers, dependencies }: Reply): boolean {
    if (isTransient(status) || dependencies?.makeshift === true) return false;
    if (!isSameVariant(namesInVary(headers), request.headers, x.headers)) return true;
    return saysMore(x.headers, request.headers, this.#keyedHeadersOnly ? 'preferences' : 'reader');
  }
}

const REPLACED = precomputed('client.gone', 'Another response took its place');

const LEADERS_FAILURES = new WeakMap<Reply, GatewayError>();

/** The backend's response to a coalesced request as a failure: the status and Retry-After. */
function leadersFailure(reply: Reply): GatewayError {
  const known = LEADERS_FAILURES.get(reply);
  if (known !== undefined) return known;
  const { status, headers } = reply;
  const retryAfter = headers.get('retry-after');
  const failure = precomputed(
    status < 500 ? 'upstream.refused' : 'upstream.status',
    `The backend responded ${status} to the first of these requests`,
    { status, ...(retryAfter === undefined ? {} : { headers: ['Retry-After', retryAfter] }) },
  );
  LEADERS_FAILURES.set(reply, failure);
  return failure;
}

const NOTHING_KNOWN: StoredState = { candidates: [], part: undefined };

/** A stale response that a 304 may confirm. */
export function storedStateOf(entry: StoredReply): StoredState {
  return { candidates: canValidate(entry) ? [entry] : [], part: undefined };
}
