import type { Exchange } from '../../core/exchange.ts';
import type { CacheExplanation } from '../../core/explanation.ts';
import { precomputed } from '../../core/failure.ts';
import type { Handler, Stage } from '../../core/handler.ts';
import { CONDITIONAL_FIELDS } from '../../core/headers/conditional.ts';
import { FieldNames } from '../../core/headers/header-list.ts';
import { mapResult } from '../../core/map-result.ts';
import type { CacheResult } from '../../core/ports/meter.ts';
import type { Reply } from '../../core/reply.ts';
import {
  controlOf,
  decideFromMiss,
  decideFromStored,
  forwardedBecause,
  hasOwnView,
  isFresh,
  isPersonal,
  isUsable,
  notForCaches,
} from './cache-decision.ts';
import type { CacheParts } from './cache-parts.ts';
import { CacheResponseHeaders } from './cache-response-headers.ts';
import type { CachePolicy, FetchSnapshot } from './cacheability.ts';
import { explained } from './explain.ts';
import { RevalidationBackoff } from './fetch/background-revalidation.ts';
import { CacheWriter } from './fetch/cache-writer.ts';
import { CollapsedForwarding, type FetchLookup, MAX_LOOKUPS, storedStateOf } from './fetch/collapsed-forwarding.ts';
import { DistributedFetch } from './fetch/distributed-lock.ts';
import { abandon, InFlightFetches } from './fetch/in-flight-fetch.ts';
import { PassForwarding } from './fetch/pass-forwarding.ts';
import type { CacheStatusReport, ForwardedBecause } from './http/cache-status.ts';
import { representedPart } from './http/representation.ts';
import { confirms, contradicts, freshenedHeaders } from './http/validation.ts';
import { variantNames } from './http/vary.ts';
import { type CacheLookup, RouteCache } from './route-cache.ts';
import { StaleIfError } from './stale-if-error.ts';
import type { StoredReply } from './storage/entry.ts';
import { faultTolerant } from './storage/fault-tolerant-store.ts';

/**
 * Serves from the cache: a hit responds at once, without a promise; concurrent misses are coalesced into one call; a
 * stale response is served while it is revalidated, and in place of a failure (RFC 9111, RFC 5861).
 */
export function cache(policy: CachePolicy, given: CacheParts, count: (result: CacheResult) => void): Caching {
  const parts = faultTolerant(given);
  const routeCache = new RouteCache(policy, parts);
  return {
    stage: next => {
      const site = new CacheSite({ policy, parts, routeCache, count, next });
      return x => site.response(x);
    },
    explain: x => explained({ policy, parts, routeCache }, x),
    toSubrequest: x => (notForCaches(policy, x) === undefined ? routeCache.request(x) : x),
  };
}

/** A call site's cache. */
interface Caching {
  readonly stage: Stage;
  /** The decision of the stage, without a call. */
  explain(x: Exchange): CacheExplanation;
  /** The request that the stage would pass on. */
  toSubrequest(x: Exchange): Exchange;
}

interface SiteOptions {
  readonly policy: CachePolicy;
  readonly parts: CacheParts;
  readonly routeCache: RouteCache;
  readonly count: (result: CacheResult) => void;
  readonly next: Handler;
}

class CacheSite {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #routeCache: RouteCache;
  readonly #writer: CacheWriter;
  readonly #inFlightFetches: InFlightFetches;
  readonly #forwarding: CollapsedForwarding;
  readonly #responseHeaders: CacheResponseHeaders;
  readonly #staleIfError: StaleIfError;
  readonly #backoff: RevalidationBackoff;
  /** Fields that may select another response than the stored one. */
  readonly #unusual: FieldNames;
  /** The same without the condition that only asks for a 304. */
  readonly #unusualForStored: FieldNames;
  readonly #count: (result: CacheResult) => void;
  readonly #passing: PassForwarding;

  constructor({ policy, parts, routeCache, count, next }: SiteOptions) {
    this.#policy = policy;
    this.#parts = parts;
    this.#routeCache = routeCache;
    this.#writer = new CacheWriter(policy, parts, this.#routeCache);
    this.#inFlightFetches = new InFlightFetches(this.#routeCache, this.#writer, next, {
      unconditional: policy.key.unconditional,
      clock: parts.clock,
      callMs: policy.callMs,
      distributedFetch: parts.lock && new DistributedFetch(parts.lock, parts.clock),
      siblings: parts.siblings,
    });
    this.#responseHeaders = new CacheResponseHeaders(policy, parts.clock);
    this.#staleIfError = new StaleIfError(parts.clock, routeCache, this.#responseHeaders);
    this.#forwarding = new CollapsedForwarding({
      keyedHeadersOnly: policy.key.keyedHeadersOnly,
      hasOwnView: x => hasOwnView(policy, x),
      parts,
      routeCache,
      inFlightFetches: this.#inFlightFetches,
      responseHeaders: this.#responseHeaders,
      count,
      staleIfError: this.#staleIfError,
    });
    this.#backoff = new RevalidationBackoff(parts.revalidations);
    const clients = policy.profile === 'rfc9111' ? ['cache-control', 'pragma'] : [];
    const unusual = [...CONDITIONAL_FIELDS, 'authorization', ...clients];
    this.#unusual = new FieldNames(unusual);
    this.#unusualForStored = new FieldNames(unusual.filter(name => name !== 'if-none-match'));
    this.#count = count;
    this.#passing = new PassForwarding({
      policy,
      clock: parts.clock,
      routeCache,
      writer: this.#writer,
      responseHeaders: this.#responseHeaders,
      count,
      next,
    });
  }

  response(x: Exchange): Reply | Promise<Reply> {
    return this.#usualHit(x) ?? this.#respondTo(x);
  }

  /** The common case: a plain request whose stored response is fresh, or a 304 of it. No promise. */
  #usualHit(x: Exchange): Reply | undefined {
    if (x.method !== 'GET' || x.body.kind !== 'none') return undefined;
    const isConditional = x.headers.hasAny(this.#unusual);
    if (isConditional && x.headers.hasAny(this.#unusualForStored)) return undefined;
    if (this.#policy.key.perUser && x.details.subject === undefined) return undefined;
    const found = this.#routeCache.find(x);
    if (found.kind !== 'stored') return undefined;
    const now = this.#parts.clock.now();
    if (!isFresh(found.entry, now)) return undefined;
    this.#count('hit');
    const report: CacheStatusReport = { kind: 'hit', ttlSeconds: ttlOf(found.entry, now) };
    return isConditional
      ? this.#responseHeaders.stored(x, found.entry, report)
      : this.#responseHeaders.aged(x, found.entry, found.entry, report);
  }

  #respondTo(x: Exchange): Reply | Promise<Reply> {
    const refusal = notForCaches(this.#policy, x);
    if (refusal !== undefined) return this.#passing.pass(x, refusal === 'method' ? 'method' : 'bypass');
    return this.#lookUp({ x, control: controlOf(this.#policy, x), lookups: 0 });
  }

  #lookUp(lookup: FetchLookup): Reply | Promise<Reply> {
    const found = this.#routeCache.find(lookup.x);
    if (found.kind === 'stored') return this.#fromStored(lookup, found.entry, found.key);
    const loading =
      this.#inFlightFetches.at(found.key) === undefined &&
      lookup.lookups < MAX_LOOKUPS &&
      this.#routeCache.load(found.key);
    if (!loading) return this.#missing(lookup, found);
    // The stores behind the memory.
    lookup.x.journal?.waits();
    return loading.then(isLoaded => {
      lookup.x.journal?.continues();
      return isLoaded ? this.#lookUpAgain(lookup) : this.#missing(lookup, found);
    });
  }

  #lookUpAgain({ x, control, lookups }: FetchLookup): Reply | Promise<Reply> {
    return this.#lookUp({ x, control, lookups: lookups + 1 });
  }

  #fromStored(lookup: FetchLookup, entry: StoredReply, key: string): Reply | Promise<Reply> {
    const { x } = lookup;
    const now = this.#parts.clock.now();
    switch (decideFromStored(this.#policy, lookup, entry, now)) {
      case 'hit':
        return this.#hit(x, entry, now);
      case 'stale-while-revalidate':
        this.#revalidate(x, key, entry, now);
        return this.#stale(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
      case 'stale':
        return this.#stale(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
      case 'refuse':
        throw ONLY_IF_CACHED;
      case 'head':
        return this.#head(x, entry);
      case 'bypass':
        return this.#passing.pass(x, 'bypass');
      case 'pass':
        return this.#passing.pass(x, forwardedBecause(lookup, entry, now));
      case 'fetch':
        return this.#fetch(lookup, key, forwardedBecause(lookup, entry, now), entry);
    }
  }

  #missing(lookup: FetchLookup, found: Exclude<CacheLookup, { kind: 'stored' }>): Reply | Promise<Reply> {
    const why = found.kind === 'absent' ? found.why : 'bypass';
    switch (decideFromMiss(this.#policy, lookup, found.kind)) {
      case 'range':
        return this.#piece(lookup, why);
      case 'refuse':
        throw ONLY_IF_CACHED;
      case 'pass':
        return found.kind === 'unshared'
          ? this.#passing.unshared(lookup.x, why, found.why)
          : this.#passing.pass(lookup.x, why);
      case 'unstored':
        return this.#passing.pass(lookup.x, 'request');
      case 'fetch':
        return this.#fetch(lookup, found.key, why, undefined);
    }
  }

  /** A shared fetch, and the handling of its outcome. */
  async #fetch(
    lookup: FetchLookup,
    key: string,
    why: ForwardedBecause,
    entry: StoredReply | undefined,
  ): Promise<Reply> {
    const outcome = await this.#forwarding.fetch(lookup, key, why, entry);
    switch (outcome.kind) {
      case 'reply':
        return outcome.reply;
      case 'stale':
        return this.#stale(lookup.x, outcome.entry, outcome.report);
      case 'again':
        return this.#lookUpAgain(lookup);
      case 'pass':
        return this.#passing.pass(lookup.x, 'bypass');
      case 'unshared':
        return this.#passing.unshared(lookup.x, 'bypass', outcome.refused);
    }
  }

  #hit(x: Exchange, entry: StoredReply, now: number): Reply {
    this.#count('hit');
    return this.#responseHeaders.stored(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
  }

  #stale(x: Exchange, entry: StoredReply, report: CacheStatusReport): Reply {
    this.#count('stale');
    return this.#responseHeaders.stored(x, entry, report);
  }

  /** Revalidates in the background. */
  #revalidate(x: Exchange, key: string, entry: StoredReply, now: number): void {
    const service = x.call?.service.serviceName ?? this.#policy.service;
    if (this.#inFlightFetches.at(key) !== undefined || !this.#backoff.begin(service, entry, now)) return;
    const plainRequest = this.#routeCache.request(x, entry).with({ earlyHints: undefined, journal: undefined });
    const inFlightFetch = this.#inFlightFetches.start(key, plainRequest, storedStateOf(entry));
    const { revalidations: refreshes } = this.#parts;
    inFlightFetch.result.then(
      () => refreshes.done(service),
      () => refreshes.done(service),
    );
    abandon(inFlightFetch);
  }

  /**
   * A request for a range of a representation that is not stored completely: served from a stored part, or by the
   * backend.
   */
  #piece({ x, control }: FetchLookup, why: ForwardedBecause): Reply | Promise<Reply> {
    const now = this.#parts.clock.now();
    const part = x.method === 'GET' ? this.#routeCache.findPart(x) : undefined;
    const reply = part !== undefined && isUsable({ control }, part, now) ? representedPart(x, part) : undefined;
    if (part === undefined || reply === undefined) {
      if (control?.onlyIfCached === true) throw ONLY_IF_CACHED;
      return this.#passing.pass(x, why);
    }
    this.#count('hit');
    return this.#responseHeaders.aged(x, reply, part, { kind: 'hit', ttlSeconds: ttlOf(part, now) });
  }

  /** A HEAD that memory cannot serve; the backend's response also updates the stored one (RFC 9111 §4.3.5). */
  #head(x: Exchange, entry: StoredReply): Reply | Promise<Reply> {
    const snapshot = this.#routeCache.snapshot();
    return mapResult(
      head => this.#passing.pass(head, 'stale'),
      x,
      reply => {
        if (this.#speaksForAll(x) && contradicts(reply, entry))
          this.#routeCache.withdraw(x, variantNames(reply.headers));
        else if (confirms(reply, entry)) this.#freshen(x, entry, reply, snapshot);
        return reply;
      },
      failure => this.#stale(x, entry, this.#staleIfError.orThrow(failure, entry).report),
    );
  }

  /** Whether the backend would have sent this client's response to any client. */
  #speaksForAll(x: Exchange): boolean {
    return this.#passing.open(x) !== undefined && !isPersonal(this.#policy, x);
  }

  #freshen(x: Exchange, entry: StoredReply, reply: Reply, snapshot: FetchSnapshot): void {
    const open = this.#passing.open(x);
    if (open === undefined) return;
    const headers = freshenedHeaders(entry.headers, reply.headers, this.#writer.personal);
    this.#writer.take(open.with({ method: 'GET' }), { status: 200, headers, body: entry.body }, snapshot, () => {});
  }
}

const ONLY_IF_CACHED = precomputed('cache.only_if_cached', 'The response is not stored', {
  headers: ['Cache-Status', 'portico; detail=only-if-cached'],
});
function ttlOf({ freshUntil }: StoredReply, now: number): number {
  return Math.floor((freshUntil - now) / 1000);
}
