import type { Priority } from '../core/ports/limiter.ts';
import type { Context } from './context.ts';
import type { Duration } from './duration.ts';
import type { Refusal } from './refusal.ts';

/**
 * How long each phase of a call may take. A plain duration means `head`, and the whole for a response that is read
 * before it is sent.
 */
export interface Timeouts {
  /** Until a connection stands. Default 1s. */
  readonly connect?: Duration;
  /** Until the response head. Default 10s. */
  readonly headers?: Duration;
  /** Between two pieces of the body. Default 30s. */
  readonly idle?: Duration;
  /** Until the last byte; never applies to event streams and upgrades. Default none. */
  readonly total?: Duration;
}

/** What may be answered again. The response's own headers rule; `cache: {}` adds nothing to them. */
export interface Cache<C> {
  /**
   * How long a response is fresh whose headers say nothing; `{ override }` counts even where they say something else,
   * though never for `private` and `no-store`; `{ 200: '5m', 404: '10s' }` is for these statuses, and no others are
   * stored. Default: it is not stored.
   */
  readonly ttl?: Duration | { readonly override: Duration } | { readonly [status: number]: Duration };
  /**
   * How long after that the stale response is still served while it is fetched again. Default: what the response says.
   */
  readonly swr?: Duration;
  /** How long after that the stale response is served when the backend fails. Default: what the response says. */
  readonly staleIfError?: Duration;
  /** Request headers the response depends on, beside those its `Vary` names. Default none. */
  readonly vary?: readonly string[];
  /** Names by which a write's `purges` makes the response stale. Default none. */
  readonly tags?: readonly string[] | ((c: C) => readonly string[]);
  /**
   * `user` stores a response per user, as the last guard's `{ subject }` names them. Default: one response for all
   * clients.
   */
  readonly scope?: 'user';
  /** What of the query makes another response. Default: every byte of it. */
  readonly query?: CacheQuery;
  /**
   * The lifetime for browsers, apart from the lifetime here; with `'0s'` they revalidate each time. Default: what the
   * backend says.
   */
  readonly browser?: Duration;
  /** Whether a response with `Set-Cookie` is stored, and its cookie served to all clients. Default false. */
  readonly setCookie?: boolean;
  /**
   * `rfc9111` follows every header to the letter, those of clients as well, and uses heuristic freshness (RFC 9111
   * §4.2.2). Default: `default`, which stores and shares less: no server errors, nothing with `Set-Cookie`, no
   * heuristics, and clients cannot bypass it.
   */
  readonly profile?: 'default' | 'rfc9111';
  /**
   * Keeps what was stored once for a year, to stand in for a backend that is gone however old it is; `portico warm`
   * fetches the pages that are named here. Default false.
   */
  readonly keepForever?: boolean | KeepForever;
}

/** Which pages `portico warm` fetches. Each of them is a path of the gateway, with its query. */
interface KeepForever {
  readonly pages?: readonly string[];
  /** A sitemap of the gateway's own, or of a backend behind it: `/sitemap.xml`. */
  readonly sitemap?: string;
  /** A page from which links to pages of the same origin are followed. */
  readonly crawl?: string;
  /** How many pages at most are found by sitemap and crawl. Default 1000. */
  readonly max?: number;
}

/** Which query parameters make another response; the others are neither part of the key nor sent to the backend. */
interface CacheQuery {
  /** Names, or beginnings of names ending in `*`: `['utm_*']`. Default none. */
  readonly ignore?: readonly string[];
  /** The only names, or beginnings of names, that count. Default all. */
  readonly only?: readonly string[];
  /** Whether the order of parameters makes no other response. Default false. */
  readonly sort?: boolean;
}

/** When to stop calling for a while: one circuit per call site, or per name, in each process. */
export interface Breaker {
  /** The share of failed calls that opens the circuit. Default 50%. */
  readonly errorRate?: `${number}%`;
  /**
   * A call is slow whose response head takes longer, from the last byte of an upload on; a response that is read before
   * it is sent counts whole. A probe that is slow has failed. Default none: nothing is called slow.
   */
  readonly slowCall?: Duration;
  /**
   * The share of slow calls that opens the circuit, over the same window and least number; means nothing without
   * `slowCall`. Default 50%.
   */
  readonly slowRate?: `${number}%`;
  /** How many calls the window must hold before the share counts. Default 20, least 5. */
  readonly minRequests?: number;
  /** The span over which calls are counted. Default 10s. */
  readonly window?: Duration;
  /** How long the circuit stays open before one call tries again, give or take a fifth. Default 5s. */
  readonly resetTimeout?: Duration;
  /** What that time grows to: each failed try in a row doubles it. Default 60s, never less than `reset`. */
  readonly maxResetTimeout?: Duration;
  /**
   * Every call site of the gateway that says the same name shares one circuit; all of them say the same numbers.
   * Default none: a circuit of its own.
   */
  readonly name?: string;
}

/** Repeating a call that cannot execute twice. */
export interface Retry {
  /** How often a call is sent at most, the first time included. Default 2, at most 3. */
  readonly attempts?: number;
  /**
   * Whether the backend honours `Idempotency-Key`, so that an unsafe method that carries one may be sent again. Default
   * false.
   */
  readonly idempotencyKey?: boolean;
}

/**
 * Calling a second target where the first one takes unusually long, and taking the first response. GET and HEAD only.
 */
export interface Hedge {
  /**
   * How long the first target has. Default: as long as 95 of 100 heads of the service take, by what it showed of late.
   */
  readonly after?: Duration;
  /** The share of calls that may be hedged. Default 5%. */
  readonly max?: `${number}%`;
}

/** The policies of one call: the same on a route and on a part. `false` switches one off. */
export interface CallPolicy {
  /** Default connect 1s, head 10s, idle 30s, no total. */
  readonly timeout?: Duration | Timeouts | false;
  /** Default: only what no backend can have begun, and one GET or HEAD on a reused connection. */
  readonly retry?: Retry | false;
  /** Default none; `{}` means 50 % of at least 20 requests in 10 s, reset after 5 s. */
  readonly breaker?: Breaker | false;
  /**
   * Default none; `{}` calls a second target after the 95th percentile of times to response headers, for at most 5 % of
   * the calls.
   */
  readonly hedge?: Hedge | false;
  /**
   * How much the call matters when its service has too much to do: `critical` may use the whole limit, `default` 90 %,
   * `prefetch` 60 %, `bulk` 30 %; the highest that any call to the service has may use all of it. A request can lower
   * it, never raise it. Default `default`.
   */
  readonly priority?: Priority;
}

/** undefined lets the client through; a refusal does not; `subject` says who the user is. */
export type GuardResult = undefined | Refusal | { readonly subject: string };

/**
 * Whether the client may call the route: undefined lets it through, `refuse(...)` does not, `{ subject }` names the
 * user.
 */
export type Guard<C = Context> = (c: C) => GuardResult | Promise<GuardResult>;

/**
 * What is said when nothing else is left: a value, or a function of the request and the failure. It goes out with
 * `Cache-Control: no-store`, unless the function gives a Response that says otherwise.
 */
export type Fallback<C, R> = R | ((c: C, failure: Error) => R | Response | Promise<R | Response>) | false;
