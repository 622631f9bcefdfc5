import { type Body, bytesBody, discard } from '../../../core/body.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { asFailure } from '../../../core/failure.ts';
import { parseContentRange } from '../../../core/headers/byte-range.ts';
import type { Reply } from '../../../core/reply.ts';
import type { CacheParts } from '../cache-parts.ts';
import {
  type BackendResponse,
  type CachePolicy,
  COOKIES,
  cacheability,
  type FetchSnapshot,
  keepsCookies,
  partCacheability,
} from '../cacheability.ts';
import { withEntityTag } from '../http/entity-tag.ts';
import type { NoCacheReason } from '../http/storable.ts';
import type { RouteCache } from '../route-cache.ts';
import type { Head } from '../storage/entry.ts';
import { SharedBody } from './shared-body.ts';

type PieceRange = ReturnType<typeof parseContentRange> & {};

/** A body that may be read more than once. */
interface Content {
  /** For the request that fetched it, at any length; a holder that does not read it must cancel it. */
  readonly first: Body;
  /** A reader from the first byte; undefined if that byte is gone. */
  attach(): Body | undefined;
}

/** A response that is stored while it is read. */
export interface StoringBody {
  readonly head: Head;
  readonly content: Content;
}

/** Responses on their way into the cache: judged at their headers, stored at their last byte. */
export class CacheWriter {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #routeCache: RouteCache;

  constructor(policy: CachePolicy, parts: CacheParts, routeCache: RouteCache) {
    this.#policy = policy;
    this.#parts = parts;
    this.#routeCache = routeCache;
  }

  /** Fields of one user, which are neither stored nor taken from a 304. */
  get personal(): ReadonlySet<string> {
    return keepsCookies(this.#policy) ? NONE : COOKIES;
  }

  /** Adds an entity tag, for the store and for clients. */
  recognisable(reply: Reply): Reply {
    return this.#policy.key.keyedHeadersOnly ? withEntityTag(reply) : reply;
  }

  /**
   * @param over is called when the last byte is stored, or nothing will be.
   * @returns the reason if a response is not stored; then it is unchanged.
   */
  take(request: Exchange, reply: Reply, snapshot: FetchSnapshot, over: () => void): StoringBody | NoCacheReason {
    const head = this.#judged(() => cacheability(this.#policy, request, reply, this.#timed(snapshot)), reply);
    if (typeof head === 'string') return head;
    if (this.#isTooLong(reply.body)) return 'too-long';
    this.#routeCache.learn(head);
    const stored = this.#routeCache.labelled(request, this.#routeCache.superseding(request, head));
    return this.#keepOf(request, stored, reply.body, snapshot, over, undefined);
  }

  /** The same for a 206, whose part is stored. */
  takePart(request: Exchange, reply: Reply, snapshot: FetchSnapshot): StoringBody | NoCacheReason {
    const range = parseContentRange(reply.headers.get('content-range'));
    if (range === undefined) return 'status';
    if (this.#isTooLong(reply.body)) return 'too-long';
    const head = this.#judged(() => partCacheability(this.#policy, request, reply, this.#timed(snapshot)), reply);
    if (typeof head === 'string') return head;
    return this.#keepOf(request, this.#routeCache.labelled(request, head), reply.body, snapshot, () => {}, range);
  }

  #keepOf(
    request: Exchange,
    head: Head,
    body: Body,
    snapshot: FetchSnapshot,
    over: () => void,
    range: PieceRange | undefined,
  ): StoringBody {
    const keep = (bytes: Buffer): void => {
      // A part whose length differs from its range has an unknown position.
      if (range !== undefined && bytes.length !== range.to - range.from + 1) return;
      this.#routeCache.keep(request, head, bytes, snapshot, range && { from: range.from, total: range.length });
    };
    if (body.kind === 'stream') {
      const content = new SharedBody(
        body,
        { max: this.#policy.objectLimit, bodyBudget: this.#parts.bodyBudget },
        this.#parts.clock,
        {
          whole: bytes => {
            keep(bytes);
            over();
          },
          lost: why => {
            if (why === 'too-long') {
              // The response is the new state of the resource, though there is no room for it.
              this.#routeCache.withdraw(request, head.names);
              this.#routeCache.markUnshared(request, 'too-long');
            }
            over();
          },
        },
      );
      const first = content.attach() ?? body;
      content.begin();
      return { head, content: { first, attach: () => content.attach() } };
    }
    const bytes = body.kind === 'bytes' ? body.bytes : EMPTY;
    keep(bytes);
    over();
    return { head, content: { first: bytesBody(bytes), attach: () => bytesBody(bytes) } };
  }

  /** A team's `tags` may throw; then the response has no reader and must be cancelled. */
  #judged(judgement: () => Head | NoCacheReason, reply: Reply): Head | NoCacheReason {
    try {
      return judgement();
    } catch (thrown) {
      discard(reply.body, asFailure(thrown));
      throw thrown;
    }
  }

  #timed(snapshot: FetchSnapshot): BackendResponse {
    const { clock } = this.#parts;
    return { ...snapshot, at: { now: clock.now(), wall: clock.wall() } };
  }

  #isTooLong(body: Body): boolean {
    const length = body.kind === 'stream' ? body.length : body.kind === 'bytes' ? body.bytes.length : 0;
    return length !== undefined && length > this.#policy.objectLimit;
  }
}

const EMPTY = Buffer.alloc(0);
const NONE: ReadonlySet<string> = new Set();
