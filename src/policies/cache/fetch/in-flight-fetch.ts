import { discard } from '../../../core/body.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { GatewayError, isWithdrawal, precomputed } from '../../../core/failure.ts';
import type { Handler } from '../../../core/handler.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import { MAX_HANDED_BYTES, type SiblingClaim, type SiblingFetches } from '../../../core/ports/sibling-fetches.ts';
import type { Reply } from '../../../core/reply.ts';
import { isTransient } from '../../../core/transient.ts';
import type { CachePolicy, FetchSnapshot } from '../cacheability.ts';
import type { NoCacheReason } from '../http/storable.ts';
import { freshenedHeaders, validatedBy, validating } from '../http/validation.ts';
import { variantNames } from '../http/vary.ts';
import type { RouteCache } from '../route-cache.ts';
import type { Head, StoredReply } from '../storage/entry.ts';
import type { CacheWriter, StoringBody } from './cache-writer.ts';
import type { DistributedFetch } from './distributed-lock.ts';
import { Patience } from './patience.ts';
import { resumed, resuming } from './range-completion.ts';
import { plainRequest } from './shared-request.ts';

/** After so many claims with a purge meanwhile a process fetches for itself. */
const MAX_CLAIMS = 3;

/** The result of a shared fetch. An unshareable response belongs to the request that fetched it. */
export type FetchResult =
  | {
      readonly kind: 'taken';
      readonly taken: StoringBody;
      /** The response headers of the backend; undefined if it only confirmed the stored response. */
      readonly response: Reply | undefined;
    }
  /** Another host or process fetched and stored this response. */
  | { readonly kind: 'elsewhere'; readonly entry: StoredReply }
  /** Another process got a response for one client. */
  | { readonly kind: 'unshared' }
  /** For one client; without a refusal it is stored and must be revalidated before each use. */
  | { readonly kind: 'own'; readonly reply: Reply; readonly refused: NoCacheReason | undefined };

export interface InFlightFetch {
  /** The exchange that was sent, which determines with the response's Vary who may use it. */
  readonly request: Exchange;
  readonly result: Promise<FetchResult>;
}

/** The stored entries that a request can refer to. */
export interface StoredState {
  /** Stale responses that a 304 may confirm. */
  readonly candidates: readonly StoredReply[];
  /** The first part of the representation. */
  readonly part: StoredReply | undefined;
}

interface Airborne {
  readonly request: Exchange;
  key: string;
  taken: StoringBody | undefined;
  joined: InFlightFetch | undefined;
  /** Tells the other processes that it has ended. */
  over: (() => void) | undefined;
}

export interface InFlightFetchOptions extends Pick<CachePolicy, 'callMs'> {
  readonly clock: Clock;
  /** Whether the backend gets `Accept-Encoding: identity`, so that bodies are encoded here. */
  readonly unconditional: boolean;
  /** Set if several hosts fetch only once. */
  readonly distributedFetch: DistributedFetch | undefined;
  /** Set if several processes of this host fetch only once. */
  readonly siblings: SiblingFetches | undefined;
}

/**
 * The fetches in flight, one per key. A fetch has no client: it continues when the client that started it disconnects.
 * Nothing is shared before the response's own headers allow it; from then until its last byte is stored, new requests
 * join.
 */
export class InFlightFetches {
  readonly #inFlightFetches = new Map<string, Airborne>();
  readonly #routeCache: RouteCache;
  readonly #writer: CacheWriter;
  readonly #next: Handler;
  readonly #asksPlain: boolean;
  readonly #distributedFetch: DistributedFetch | undefined;
  readonly #siblings: SiblingFetches | undefined;
  readonly #clock: Clock;
  readonly #callMs: CachePolicy['callMs'];

  constructor(
    routeCache: RouteCache,
    writer: CacheWriter,
    next: Handler,
    { unconditional, distributedFetch, siblings, clock, callMs }: InFlightFetchOptions,
  ) {
    this.#asksPlain = unconditional;
    this.#distributedFetch = distributedFetch;
    this.#siblings = siblings;
    this.#clock = clock;
    this.#callMs = callMs;
    this.#routeCache = routeCache;
    this.#writer = writer;
    this.#next = next;
  }

  /** The fetch in flight for a key; undefined after a purge, since a later request needs a new fetch. */
  at(key: string): InFlightFetch | undefined {
    const inFlightFetch = this.#inFlightFetches.get(key);
    const isOvertaken = inFlightFetch?.taken !== undefined && this.#routeCache.isPurged(inFlightFetch.taken.head);
    return isOvertaken ? undefined : inFlightFetch?.joined;
  }

  /** A fetch that other requests may join. */
  start(key: string, request: Exchange, known: StoredState): InFlightFetch {
    const inFlightFetch: Airborne = { request: request, key, taken: undefined, joined: undefined, over: undefined };
    this.#inFlightFetches.set(key, inFlightFetch);
    const result = this.#result(known, inFlightFetch);
    // Waiting requests receive the failure; a background revalidation must not end the process.
    result.then(
      ({ kind }) => kind !== 'taken' && this.#end(inFlightFetch),
      () => this.#end(inFlightFetch),
    );
    inFlightFetch.joined = { request: request, result };
    return inFlightFetch.joined;
  }

  /** A fetch that other requests do not join. */
  startAlone(request: Exchange, known: StoredState): InFlightFetch {
    const result = this.#fetch(request, known, undefined);
    // A background revalidation must not end the process.
    result.catch(() => {});
    return { request: request, result };
  }

  #result(known: StoredState, inFlightFetch: Airborne): Promise<FetchResult> {
    if (this.#distributedFetch !== undefined) return this.#fetchOnce(this.#distributedFetch, known, inFlightFetch);
    if (this.#siblings !== undefined) return this.#fetchAmong(this.#siblings, known, inFlightFetch);
    return this.#fetch(inFlightFetch.request, known, inFlightFetch);
  }

  /** Another process of this host may already be fetching. */
  async #fetchAmong(siblings: SiblingFetches, known: StoredState, inFlightFetch: Airborne): Promise<FetchResult> {
    const { request, key } = inFlightFetch;
    let claim: SiblingClaim = { kind: 'again' };
    let epoch = 0;
    const patience = this.#patienceFor(request);
    for (let claims = 0; claim.kind === 'again' && claims < MAX_CLAIMS && patience.leftMs() > 0; claims++) {
      // A purge that comes while this process waits covers what it waits for.
      ({ epoch } = this.#routeCache.snapshot());
      claim = await waitingFor(request, siblings.claim(key, patience.leftMs()));
    }
    if (claim.kind === 'unshared') return claim;
    if (claim.kind === 'stored') {
      const entry = this.#routeCache.takeOver(request, claim.entries, epoch);
      if (entry !== undefined) return { kind: 'elsewhere', entry };
    }
    if (claim.kind === 'ours')
      inFlightFetch.over = () =>
        claim.over(this.#routeCache.stateFor(request), () => this.#routeCache.handedOver(request));
    const sent = claim.kind === 'ours' ? request : patience.continued(request);
    const result = await this.#fetch(sent, known, inFlightFetch);
    // Nobody waits for the last byte of what will not be handed over.
    if (result.kind === 'taken' && lengthOf(result.taken.head) > MAX_HANDED_BYTES) tellSiblings(inFlightFetch);
    return result;
  }

  /** Another host may already be fetching. */
  async #fetchOnce(
    distributedFetch: DistributedFetch,
    known: StoredState,
    inFlightFetch: Airborne,
  ): Promise<FetchResult> {
    const { request, key } = inFlightFetch;
    const before = this.#routeCache.find(request);
    const patience = this.#patienceFor(request);
    const look = async () => {
      await this.#routeCache.load(this.#routeCache.find(request).key);
      const found = this.#routeCache.find(request);
      return found.kind === 'stored' && (before.kind !== 'stored' || found.entry.bornAt > before.entry.bornAt);
    };
    const whose = await waitingFor(request, distributedFetch.wait(key, look, patience.leftMs()));
    const found = this.#routeCache.find(request);
    if (whose === 'found' && found.kind === 'stored') return { kind: 'elsewhere', entry: found.entry };
    try {
      return await this.#fetch(patience.continued(request), known, inFlightFetch);
    } finally {
      distributedFetch.over(key);
    }
  }

  #patienceFor(request: Exchange): Patience {
    return new Patience(this.#clock, this.#callMs(request));
  }

  async #fetch(request: Exchange, known: StoredState, inFlightFetch: Airborne | undefined): Promise<FetchResult> {
    const snapshot = this.#routeCache.snapshot();
    const reply = await this.#call(conditionalRequest(request, known), request);
    if (reply.status === 304) return this.#notModified(request, reply, known, snapshot, inFlightFetch);
    if (reply.status === 206) return this.#rest(request, reply, known, snapshot, inFlightFetch);
    return this.#arrived(request, reply, snapshot, inFlightFetch, reply);
  }

  /** RFC 9111 §4.3.3: the stored response is confirmed, with fields of the 304 replacing its own. */
  async #notModified(
    request: Exchange,
    reply: Reply,
    { candidates }: StoredState,
    snapshot: FetchSnapshot,
    inFlightFetch: Airborne | undefined,
  ): Promise<FetchResult> {
    discard(reply.body, REPLACED);
    const entry = validatedBy(reply, candidates);
    if (entry === undefined) return this.#unconditionally(request, inFlightFetch);
    const headers = freshenedHeaders(entry.headers, reply.headers, this.#writer.personal);
    return this.#arrived(
      request,
      { status: entry.status, headers, body: entry.body },
      snapshot,
      inFlightFetch,
      undefined,
    );
  }

  /** The missing rest after a stored first part (RFC 9111 §3.4). */
  #rest(
    request: Exchange,
    reply: Reply,
    { part }: StoredState,
    snapshot: FetchSnapshot,
    inFlightFetch: Airborne | undefined,
  ): FetchResult | Promise<FetchResult> {
    const whole = part && resumed(part, reply);
    if (whole === undefined) {
      discard(reply.body, REPLACED);
      return this.#unconditionally(request, inFlightFetch);
    }
    return this.#arrived(request, whole, snapshot, inFlightFetch, whole);
  }

  /** The client's own fields select the variant, since a backend may encode for any of them. */
  async #call(sent: Exchange, request: Exchange): Promise<Reply> {
    try {
      return await this.#next(this.#asksPlain ? plainRequest(sent) : sent);
    } catch (thrown) {
      // If a required part of an aggregate is withdrawn, so is the aggregate.
      if (thrown instanceof GatewayError && isWithdrawal(thrown)) this.#routeCache.withdraw(request, []);
      throw thrown;
    }
  }

  async #unconditionally(request: Exchange, inFlightFetch: Airborne | undefined): Promise<FetchResult> {
    const snapshot = this.#routeCache.snapshot();
    const reply = await this.#call(request, request);
    return this.#arrived(request, reply, snapshot, inFlightFetch, reply);
  }

  #arrived(
    request: Exchange,
    reply: Reply,
    snapshot: FetchSnapshot,
    inFlightFetch: Airborne | undefined,
    response: Reply | undefined,
  ): FetchResult {
    const recognisable = this.#writer.recognisable(reply);
    const taken = this.#writer.take(request, recognisable, snapshot, () => inFlightFetch && this.#end(inFlightFetch));
    if (typeof taken === 'string') {
      if (isNewState(reply)) this.#routeCache.withdraw(request, variantNames(reply.headers));
      // An error or a missing part is temporary: the next response may be shareable again.
      if (reply.status < 400 && isNewState(reply)) this.#routeCache.markUnshared(request, taken);
      return { kind: 'own', reply, refused: taken };
    }
    if (taken.head.mustRevalidate) {
      this.#routeCache.announce(request, taken.head, snapshot);
      return { kind: 'own', reply: { ...recognisable, body: taken.content.first }, refused: undefined };
    }
    if (inFlightFetch !== undefined) this.#shareable(inFlightFetch, taken, snapshot);
    return { kind: 'taken', taken, response: response && recognisable };
  }

  /** From now on the response's own Vary decides who may join. */
  #shareable(inFlightFetch: Airborne, taken: StoringBody, snapshot: FetchSnapshot): void {
    inFlightFetch.taken = taken;
    this.#routeCache.announce(inFlightFetch.request, taken.head, snapshot);
    const key = this.#routeCache.keyOf(inFlightFetch.request, taken.head);
    if (key === inFlightFetch.key || this.#inFlightFetches.get(inFlightFetch.key) !== inFlightFetch) return;
    this.#inFlightFetches.delete(inFlightFetch.key);
    inFlightFetch.key = key;
    this.#inFlightFetches.set(key, inFlightFetch);
  }

  #end(inFlightFetch: Airborne): void {
    tellSiblings(inFlightFetch);
    if (this.#inFlightFetches.get(inFlightFetch.key) === inFlightFetch) this.#inFlightFetches.delete(inFlightFetch.key);
  }
}

function tellSiblings(inFlightFetch: Airborne): void {
  inFlightFetch.over?.();
  inFlightFetch.over = undefined;
}

/** NaN if it is not known before the last byte. */
function lengthOf({ headers }: Head): number {
  return Number(headers.get('content-length') ?? Number.NaN);
}

function conditionalRequest(request: Exchange, { candidates, part }: StoredState): Exchange {
  if (candidates.length > 0) return validating(request, candidates);
  return part === undefined ? request : resuming(request, part);
}

/** Waits for a fetch until the client's deadline. */
export function awaitFetchResult(inFlightFetch: InFlightFetch, x: Exchange): Promise<FetchResult> {
  return new Promise((resolve, reject) => {
    x.cancellation.onCancel(reject);
    inFlightFetch.result.then(resolve, reject).finally(() => x.cancellation.offCancel(reject));
  });
}

/** Releases a response whose client has disconnected. */
export function abandon(inFlightFetch: InFlightFetch): void {
  inFlightFetch.result.then(
    result => {
      if (result.kind === 'own') discard(result.reply.body, LEFT);
      else if (result.kind === 'taken') discard(result.taken.content.first, LEFT);
    },
    () => {},
  );
}

/** Whether a response is a new state of the resource, storable or not. */
function isNewState({ status, dependencies }: Reply): boolean {
  return !isTransient(status) && dependencies?.makeshift !== true;
}

const LEFT = precomputed('client.gone', 'The response has no reader any more');
const REPLACED = precomputed('client.gone', 'Another response took its place');

/** For the record of the request, this is no time of the gateway's own. */
async function waitingFor<T>({ journal }: Exchange, others: Promise<T>): Promise<T> {
  journal?.waits();
  try {
    return await others;
  } finally {
    journal?.continues();
  }
}
