import type { Priority } from '../core/ports/limiter.ts';
import type { Context } from './context.ts';
import type { Duration } from './duration.ts';
import type { Refusal } from './refusal.ts';

/**
 * The time limit of each phase of a call. A plain duration sets `headers`, and limits the whole response if it is read
 * before it is sent.
 */
export interface Timeouts {
  /** Time until the connection to a target is established. Exceeded: 502 `upstream.connect_timeout`. Default 1s. */
  readonly connect?: Duration;
  /**
   * Time until the response headers have arrived, counted from the last byte of the request body. Exceeded: 504
   * `upstream.timeout`. Default 10s.
   */
  readonly headers?: Duration;
  /**
   * Longest pause between two chunks of a body; event streams are exempt. A client that reads nothing for this long is
   * disconnected, also from an event stream. Default 30s.
   */
  readonly idle?: Duration;
  /** Time until the last byte of the response. Event streams and WebSockets are exempt. Default none. */
  readonly total?: Duration;
}

/**
 * Which responses are stored and reused (RFC 9111). The response's own headers decide; `cache: {}` adds nothing to
 * them.
 */
export interface Cache<C> {
  /**
   * Freshness lifetime of a response whose headers state none, counted from its arrival; a 404 is stored like a 200. `{
   * override }` replaces the lifetime that the headers state, except for `private` and `no-store`. `{ 200: '5m', 404:
   * '10s' }` applies to these statuses, and no other status is stored. Default: a response without a stated lifetime is
   * not stored.
   */
  readonly ttl?:
    | Duration
    | {
        /** Lifetime that replaces the one the response's headers state. Required. */
        readonly override: Duration;
      }
    | { readonly [status: number]: Duration };
  /**
   * Time after expiry during which the stale response is served while it is revalidated in the background (RFC 5861
   * §3). Default: the response's `stale-while-revalidate`.
   */
  readonly swr?: Duration;
  /**
   * Time after expiry during which the stale response is served when the backend fails or responds with a 5xx (RFC 5861
   * §4). Default: the response's `stale-if-error`.
   */
  readonly staleIfError?: Duration;
  /**
   * Request headers that the response depends on, in addition to its `Vary`. They are part of the cache key, are sent
   * to the backend and are added to the response's `Vary`. Default none.
   */
  readonly vary?: readonly string[];
  /** Tags for invalidation by the `purges` of a write or by `portico purge --tag`. Default none. */
  readonly tags?: readonly string[] | ((c: C) => readonly string[]);
  /**
   * `user` stores one response per signed-in user, identified by the `subject` that the last guard returned. Default:
   * one response for all clients.
   */
  readonly scope?: 'user';
  /**
   * Whether one response serves all users of a route with `auth`, which has to say so, or has `scope: 'user'`. Default
   * false.
   */
  readonly shared?: boolean;
  /** Which query parameters are part of the cache key. Default: the whole query. */
  readonly query?: CacheQuery;
  /**
   * Lifetime sent to browsers, independent of the lifetime in this cache; `'0s'` makes them revalidate each time.
   * Default: the backend's.
   */
  readonly browser?: Duration;
  /** Whether a response with `Set-Cookie` is stored and its cookie sent to every client. Default false. */
  readonly setCookie?: boolean;
  /**
   * `rfc9111` follows all cache headers exactly, including those of clients, and estimates a missing lifetime (RFC 9111
   * §4.2.2). `default` stores and shares less: no server errors, nothing with `Set-Cookie`, no estimates, and a client
   * cannot force a request past the cache. Default `default`.
   */
  readonly profile?: 'default' | 'rfc9111';
  /**
   * Keeps a stored response for a year, so that it can replace a dead backend; `portico warm` fetches the listed pages.
   * Default false.
   */
  readonly keepForever?: boolean | KeepForever;
}

/** The pages that `portico warm` fetches. Each is a path of the gateway with its query. */
interface KeepForever {
  /** Paths of this route, with their queries. Default none. */
  readonly pages?: readonly string[];
  /** Path at which the gateway serves a sitemap, its own or a backend's. Default none. */
  readonly sitemap?: string;
  /** Path of a page whose links to the same origin are followed. Default none. */
  readonly crawl?: string;
  /** Maximum of pages from `sitemap` and `crawl`. Default 1000. */
  readonly max?: number;
}

/** Which query parameters are part of the cache key. The others are not sent to the backend. */
interface CacheQuery {
  /** Names that are not part of the key; a trailing `*` makes a prefix: `['utm_*']`. Default none. */
  readonly ignore?: readonly string[];
  /** The only names that are part of the key; a trailing `*` makes a prefix. Default all. */
  readonly only?: readonly string[];
  /** Whether the order of the parameters is ignored in the key. Default false. */
  readonly sort?: boolean;
}

/** A circuit breaker: one circuit per call site, or per `name`, in each process. */
export interface Breaker {
  /** Share of failed calls in the window at which the circuit opens. Default 50%. */
  readonly errorRate?: `${number}%`;
  /**
   * A call is slow when its response headers take longer, counted from the last byte of the request body; a response
   * that is read before it is sent counts in full. A slow probe fails. Default none: no call is slow.
   */
  readonly slowCall?: Duration;
  /** Share of slow calls in the window at which the circuit opens. Requires `slowCall`. Default 50%. */
  readonly slowRate?: `${number}%`;
  /** Calls that the window must hold before the shares count; at least 5. Default 20. */
  readonly minRequests?: number;
  /** Period over which calls are counted. Default 10s. */
  readonly window?: Duration;
  /**
   * Time that the circuit stays open before one call probes the backend, with a random deviation of up to a fifth;
   * `Retry-After` states the remaining time. Default 5s.
   */
  readonly resetTimeout?: Duration;
  /**
   * Maximum of that time, which doubles with each failed or slow probe in a row; at least `resetTimeout`. Default 60s.
   */
  readonly maxResetTimeout?: Duration;
  /**
   * Call sites with the same name share one circuit; their settings must be equal. Default none: each call site has its
   * own circuit.
   */
  readonly name?: string;
}

/** Retries of a call, only if the request cannot take effect twice. */
export interface Retry {
  /** Maximum of attempts per call, including the first one; at most 3. Default 2. */
  readonly attempts?: number;
  /**
   * Whether the backend honours `Idempotency-Key`, so that a request with an unsafe method and this field may be
   * repeated. Default false.
   */
  readonly idempotencyKey?: boolean;
}

/** A second call of a GET or HEAD to another target when the first one is slow; the first response wins. */
export interface Hedge {
  /** Delay before the second call. Default: the 95th percentile of the service's recent times to response headers. */
  readonly after?: Duration;
  /** Share of calls that may be hedged. Default 5%. */
  readonly max?: `${number}%`;
}

/** The policies of one call: the same on a route, on a part and on a service. `false` removes a policy. */
export interface CallPolicy {
  /** Time limits of a call; a plain duration sets `headers`. Default connect 1s, headers 10s, idle 30s, no total. */
  readonly timeout?: Duration | Timeouts | false;
  /**
   * Retries of a call. Default: only a request that was never sent, and one GET or HEAD whose connection broke before a
   * response.
   */
  readonly retry?: Retry | false;
  /** Circuit breaker; `{}` opens at 50% failures of at least 20 requests in 10s and probes after 5s. Default none. */
  readonly breaker?: Breaker | false;
  /**
   * Hedged requests; `{}` sends a second request after the 95th percentile, for at most 5% of the calls. Default none.
   */
  readonly hedge?: Hedge | false;
  /**
   * Priority of the call when its service is overloaded: `critical` may use the whole limit, `default` 90%, `prefetch`
   * 60%, `bulk` 30%; the highest priority among all calls to the service may use all of it. A client can lower it but
   * not raise it. Default `default`.
   */
  readonly priority?: Priority;
}

/** undefined allows the request, a refusal rejects it, `subject` names the user. */
export type GuardResult = undefined | Refusal | { readonly subject: string };

/**
 * An access check: undefined allows the request, `refuse(...)` rejects it, `{ subject }` allows it and names the user.
 */
export type Guard<C = Context> = (c: C) => GuardResult | Promise<GuardResult>;

/**
 * A response in place of an error or a 5xx: a value, or a function of the request and the error. It is sent with
 * `Cache-Control: no-store`, unless the function returns a `Response` with its own headers.
 */
export type Fallback<C, R> = R | ((c: C, failure: Error) => R | Response | Promise<R | Response>) | false;
