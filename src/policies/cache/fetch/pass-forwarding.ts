import type { Exchange } from '../../../core/exchange.ts';
import type { Handler } from '../../../core/handler.ts';
import { mapResult } from '../../../core/map-result.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { CacheResult } from '../../../core/ports/meter.ts';
import type { Reply } from '../../../core/reply.ts';
import { controlOf, notForCaches } from '../cache-decision.ts';
import type { CacheResponseHeaders } from '../cache-response-headers.ts';
import type { CachePolicy, FetchSnapshot } from '../cacheability.ts';
import type { ForwardedBecause } from '../http/cache-status.ts';
import { servesLaterGets } from '../http/post-response.ts';
import type { NoCacheReason } from '../http/storable.ts';
import type { RouteCache } from '../route-cache.ts';
import type { CacheWriter, StoringBody } from './cache-writer.ts';
import { plainRequest, saysMore } from './shared-request.ts';

/** A request for one client with its response. */
interface Passage {
  readonly open: Exchange | undefined;
  readonly reply: Reply;
  readonly snapshot: FetchSnapshot;
  /** Why responses here were not shareable. */
  readonly refused: NoCacheReason | undefined;
}

export interface PassForwardingOptions {
  readonly policy: CachePolicy;
  readonly clock: Clock;
  readonly routeCache: RouteCache;
  readonly writer: CacheWriter;
  readonly responseHeaders: CacheResponseHeaders;
  readonly count: (result: CacheResult) => void;
  readonly next: Handler;
}

/** Requests that are forwarded for their own client alone. */
export class PassForwarding {
  readonly #policy: CachePolicy;
  readonly #clock: Clock;
  readonly #routeCache: RouteCache;
  readonly #writer: CacheWriter;
  readonly #responseHeaders: CacheResponseHeaders;
  readonly #count: (result: CacheResult) => void;
  readonly #next: Handler;

  constructor({ policy, clock, routeCache, writer, responseHeaders, count, next }: PassForwardingOptions) {
    this.#policy = policy;
    this.#clock = clock;
    this.#routeCache = routeCache;
    this.#writer = writer;
    this.#responseHeaders = responseHeaders;
    this.#count = count;
    this.#next = next;
  }

  /** Calls the backend for this client alone, and stores the response if it allows that. */
  pass(x: Exchange, why: ForwardedBecause): Reply | Promise<Reply> {
    return this.#send(x, why, { open: this.open(x), refused: undefined });
  }

  /** The same if responses are known to be unshareable: the client's request is sent unchanged. */
  unshared(x: Exchange, why: ForwardedBecause, refused: NoCacheReason | undefined): Reply | Promise<Reply> {
    const isMore = saysMore(x.headers, this.#routeCache.request(x).headers, 'nothing');
    return this.#send(x, why, { open: isMore ? undefined : this.open(x), refused });
  }

  #send(
    x: Exchange,
    why: ForwardedBecause,
    { open, refused }: Pick<Passage, 'open' | 'refused'>,
  ): Reply | Promise<Reply> {
    this.#count('bypass');
    const snapshot = this.#routeCache.snapshot();
    return mapResult(
      this.#next,
      open === undefined ? x : this.#policy.key.unconditional ? plainRequest(open) : open,
      reply => this.#passed(x, { reply, open, snapshot, refused }, why),
      failure => {
        throw this.#responseHeaders.annotated(failure, { kind: 'forwarded', why, detail: failure.code });
      },
    );
  }

  /** The request in a form that may be sent for others; undefined if its response is for this client only. */
  open(x: Exchange): Exchange | undefined {
    const isOnes = notForCaches(this.#policy, x) !== undefined || controlOf(this.#policy, x)?.noStore === true;
    return isOnes ? undefined : this.#routeCache.unnegotiated(x);
  }

  #passed(x: Exchange, passed: Passage, why: ForwardedBecause): Reply {
    const isForAll = passed.open?.method === 'GET';
    const passage = isForAll ? { ...passed, reply: this.#writer.recognisable(passed.reply) } : passed;
    const { reply, refused } = passage;
    const now = { now: this.#clock.now(), wall: this.#clock.wall() };
    if (servesLaterGets(this.#policy, x, reply, now)) return this.#posted(x, reply, why);
    const taken = this.#tee(passage) ?? refused;
    const report = { kind: 'forwarded', why, status: reply.status } as const;
    if (taken === undefined) return this.#responseHeaders.marked(x, reply, report);
    if (typeof taken === 'string') return this.#responseHeaders.marked(x, reply, { ...report, detail: taken });
    return this.#responseHeaders.marked(x, { ...reply, body: taken.content.first }, { ...report, stored: true });
  }

  /** Stores the response to a POST as one to GET after the purge of the write, since it is newer. */
  #posted(x: Exchange, reply: Reply, why: ForwardedBecause): Reply {
    const report = { kind: 'forwarded', why, status: reply.status } as const;
    const whenPurged = (): Reply => {
      const plainRequest = this.#routeCache.request(x);
      const taken = this.#writer.take(plainRequest, reply, this.#routeCache.snapshot(), () => {});
      if (typeof taken === 'string') return this.#responseHeaders.marked(x, reply, { ...report, detail: taken });
      return this.#responseHeaders.marked(x, { ...reply, body: taken.content.first }, { ...report, stored: true });
    };
    return { ...this.#responseHeaders.marked(x, reply, report), whenPurged };
  }

  /** Stores the response to one client's request, if it is shareable. */
  #tee({ open, reply, snapshot }: Passage): StoringBody | NoCacheReason | undefined {
    if (open?.method !== 'GET') return undefined;
    if (reply.status === 206) return this.#writer.takePart(open, reply, snapshot);
    return this.#writer.take(open, reply, snapshot, () => {});
  }
}
