import { bytesBody, discard, NO_BODY } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, precomputed } from '../../core/failure.ts';
import type { Handler, Stage } from '../../core/handler.ts';
import { isNotModified, notModifiedHeaders } from '../../core/headers/conditional.ts';
import type { CacheResult } from '../../core/ports/meter.ts';
import { type Reply, withHeader } from '../../core/reply.ts';
import { settle } from '../../core/settle.ts';
import type { StoredReply } from './entry.ts';
import { abandon, awaitLanding, type Flight, Flights, type Landing, TOO_LONG } from './flight.ts';
import { type KeyRule, sharedHeaders } from './key.ts';
import { type CacheParts, type CachePolicy, Library } from './library.ts';
import { type CacheVerdict, cacheStatus, cacheWord } from './status.ts';

/** The pause between two refreshes of one answer: a backend that cannot renew it is not asked by every client that reads it. */
const REST_MS = 1_000;

type Why = 'uri-miss' | 'vary-miss' | 'stale';

/**
 * Do we already know? A hit answers at once, without a promise; equal misses become one call; a stale answer is given while it is asked
 * for again, and in place of a failure (RFC 9111, RFC 5861).
 */
export function cache(policy: CachePolicy, parts: CacheParts, count: (result: CacheResult) => void): Stage {
  return next => {
    const site = new CacheSite(policy, parts, count, next);
    return x => site.answer(x);
  };
}

class CacheSite {
  readonly #parts: CacheParts;
  readonly #library: Library;
  readonly #flights: Flights;
  readonly #rule: KeyRule;
  readonly #covered: ReadonlySet<string>;
  readonly #restUntil = new WeakMap<StoredReply, number>();
  readonly #count: (result: CacheResult) => void;
  readonly #next: Handler;

  constructor(policy: CachePolicy, parts: CacheParts, count: (result: CacheResult) => void, next: Handler) {
    this.#parts = parts;
    this.#library = new Library(policy, parts);
    this.#flights = new Flights(this.#library, policy.objectLimit);
    this.#rule = policy.key;
    this.#covered = new Set(policy.key.vary);
    this.#count = count;
    this.#next = next;
  }

  answer(x: Exchange): Reply | Promise<Reply> {
    const method = x.method;
    if (method !== 'GET' && method !== 'HEAD') return this.pass(x, 'method');
    if (isPersonal(x)) return this.pass(x, 'bypass');
    const found = this.#library.find(x);
    if (found.kind === 'unshared') return this.pass(x, 'bypass');
    if (found.kind === 'absent')
      return method === 'HEAD' ? this.pass(x, found.why) : this.fetch(x, found.key, found.why);
    const { entry, key } = found;
    const now = this.#parts.clock.now();
    if (now < entry.freshUntil) return this.hit(x, entry, now);
    if (now < entry.swrUntil) {
      this.refresh(x, key, entry, now);
      this.#count('stale');
      return this.stored(x, entry, { kind: 'hit', ttlSeconds: Math.floor((entry.freshUntil - now) / 1000) });
    }
    return this.fetch(x, key, 'stale', entry);
  }

  /** Asks again behind the client's back: once at a time, and after a refresh that brought nothing to store not at once. */
  private refresh(x: Exchange, key: string, entry: StoredReply, now: number): void {
    if (this.#flights.get(key) !== undefined || (this.#restUntil.get(entry) ?? 0) > now) return;
    this.#restUntil.set(entry, now + REST_MS);
    abandon(this.takeOff(x, key));
  }

  private hit(x: Exchange, entry: StoredReply, now: number): Reply {
    this.#count('hit');
    return this.stored(x, entry, { kind: 'hit', ttlSeconds: Math.floor((entry.freshUntil - now) / 1000) });
  }

  /** Asks the backend for this client alone. */
  private pass(x: Exchange, why: 'bypass' | 'method' | 'uri-miss' | 'vary-miss'): Reply | Promise<Reply> {
    this.#count('bypass');
    return settle(
      () => this.#next(x),
      reply => withStatus(reply, { kind: 'forwarded', why, status: reply.status }),
      failure => {
        throw failure;
      },
    );
  }

  private takeOff(x: Exchange, key: string): Flight {
    const detached = x.detached();
    const headers = sharedHeaders(this.#rule, detached.headers);
    const asked = detached.with({ method: 'GET', headers, covered: this.#covered });
    return this.#flights.start(key, asked, this.#parts.epochs.now(), this.#next);
  }

  private async fetch(x: Exchange, key: string, why: Why, stale?: StoredReply): Promise<Reply> {
    const running = this.#flights.get(key);
    const flight = running ?? this.takeOff(x, key);
    let landing: Landing;
    try {
      landing = await awaitLanding(flight, x);
    } catch (thrown) {
      if (running === undefined) abandon(flight);
      if (thrown === TOO_LONG) return this.pass(x, 'bypass');
      return this.orStale(x, thrown, stale);
    }
    if (landing.kind === 'own') return this.unshared(x, landing.reply, why, running === undefined, stale);
    const { entry } = landing;
    const own = running === undefined;
    if (!this.mayHave(x, flight, entry, own)) return this.pass(x, 'bypass');
    this.#count('miss');
    return this.stored(x, entry, { kind: 'forwarded', why, status: entry.status, stored: true, collapsed: !own });
  }

  /**
   * Whether the answer to the shared question answers this client's too: its Vary may name what was left out of that question (a cookie),
   * and a follower may have come after a purge.
   */
  private mayHave(x: Exchange, flight: Flight, entry: StoredReply, own: boolean): boolean {
    return this.#library.isFor(entry, flight.asked, x) && (own || !this.#library.isPurged(entry));
  }

  private unshared(x: Exchange, reply: Reply, why: Why, own: boolean, stale?: StoredReply): Reply | Promise<Reply> {
    if (reply.status >= 500 && stale !== undefined && this.#parts.clock.now() < stale.sieUntil) {
      if (own) discard(reply.body, REPLACED);
      return this.staleInstead(x, stale, reply.status, 'stale-if-error');
    }
    // It was asked for without what only this client knows, so it may be another answer than the client's own.
    if (!own || x.headers.has('cookie')) {
      if (own) {
        discard(reply.body, REPLACED);
        this.#library.markUnshared(x);
      }
      return this.pass(x, 'bypass');
    }
    this.#count('miss');
    return withStatus(reply, { kind: 'forwarded', why, status: reply.status });
  }

  private orStale(x: Exchange, thrown: unknown, stale: StoredReply | undefined): Reply {
    const failure = asFailure(thrown);
    if (stale === undefined || failure.blame === 'client' || this.#parts.clock.now() >= stale.brokenUntil)
      throw failure;
    return this.staleInstead(x, stale, undefined, failure.code);
  }

  private staleInstead(x: Exchange, stale: StoredReply, status: number | undefined, detail: string): Reply {
    this.#count('stale');
    return this.stored(x, stale, {
      kind: 'forwarded',
      why: 'stale',
      detail,
      ...(status === undefined ? {} : { status }),
    });
  }

  private stored(x: Exchange, entry: StoredReply, verdict: CacheVerdict): Reply {
    const ageSeconds = Math.max(0, Math.floor((this.#parts.clock.now() - entry.bornAt) / 1000));
    const status = cacheStatus(verdict);
    x.journal?.note('cache', cacheWord(verdict));
    const headers = entry.headers.concat(['Age', String(ageSeconds), 'Cache-Status', status]);
    if (entry.status === 200 && isNotModified(x.headers, entry.headers)) {
      return { status: 304, headers: notModifiedHeaders(headers), body: NO_BODY };
    }
    return { status: entry.status, headers, body: x.method === 'HEAD' ? NO_BODY : bytesBody(entry.content) };
  }
}

const REPLACED = precomputed('client.gone', 'Another answer took its place');

/** Credentials, a body, a range: such a request neither leads nor follows. */
function isPersonal(x: Exchange): boolean {
  return x.body.kind !== 'none' || x.headers.has('authorization') || x.headers.has('range');
}

function withStatus(reply: Reply, verdict: CacheVerdict): Reply {
  return withHeader(reply, 'Cache-Status', cacheStatus(verdict));
}
