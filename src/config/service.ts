import { encodeSegment } from '../core/path-segment.ts';
import type { Priority } from '../core/ports/limiter.ts';
import type { Balance, Canary, Ejection, HealthCheck, Targets } from './balancing.ts';
import type { ByteSize } from './byte-size.ts';
import type { Duration } from './duration.ts';
import type { Pass } from './pass.ts';
import type { Breaker, Hedge, Retry, Timeouts } from './policies.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { ServiceToken } from './service-token.ts';
import type { TransportChoice } from './transport.ts';

const SERVICE = Symbol.for('portico.service');

/** The options of a backend service. */
export interface ServiceOptions {
  /** The addresses of the service, or their source. Certificates of `https://` targets are verified. Required. */
  readonly targets: Targets;
  /**
   * Load balancing policy. `ewma` picks two targets at random and uses the one with the shorter response times and
   * fewer open calls. Default `ewma`.
   */
  readonly balance?: Balance;
  /**
   * Ejects a target that fails several calls in a row, at most half of the targets at once; `false` never does.
   * Default: `{}`, with the values below.
   */
  readonly ejection?: Ejection | false;
  /**
   * Time in which a target that is new or has recovered grows from a tenth of its weight to its full weight; `false`
   * gives it the full weight at once. Default 30s.
   */
  readonly slowStart?: Duration | false;
  /** Active health check of each target: a path, or an object. Default none. */
  readonly health?: `/${string}` | HealthCheck | false;
  /** Targets with a new version for some of the calls: by a header, a cookie or a share. Default none. */
  readonly canary?: Canary;
  /** Copies of GET and HEAD calls to another service, whose responses are discarded. Default none. */
  readonly mirror?: Mirror;
  /**
   * Maximum of concurrent calls over all routes, per process: `'adaptive'` learns it from the response times (2 to
   * 1000), a number is fixed, `false` removes it. Calls beyond it wait briefly or are 503 `limit.shed`. Default
   * `'adaptive'`.
   */
  readonly concurrency?: number | 'adaptive' | false;
  /**
   * Request headers for every call to this service, such as an API key. The call site wins, name by name; undefined
   * removes one of the client's. Default none.
   */
  readonly headers?: RequestHeaders;
  /**
   * Request headers and cookies of the client that parts of aggregates send to this service, beside the gateway's own
   * fields. A part may narrow it; a proxied request is passed on as it is. Default none.
   */
  readonly pass?: Pass | false;
  /**
   * Access token in `Authorization` of every call: `'user'` that of the user, `{ exchange }` one that the provider
   * makes of it for an audience, `{ client }` the gateway's own with these scopes. Default none: what the client sent.
   */
  readonly token?: ServiceToken;
  /** Time limits of every call to this service; the call site wins, key by key. Default: those of a route. */
  readonly timeout?: Duration | Timeouts | false;
  /** Retries of every call to this service; the call site wins, key by key. Default: those of a route. */
  readonly retry?: Retry | false;
  /**
   * Circuit breaker of every call site of this service, each with its own circuit; the call site wins, key by key.
   * Default none.
   */
  readonly breaker?: Breaker | false;
  /** Hedged requests of every call to this service; the call site wins, key by key. Default none. */
  readonly hedge?: Hedge | false;
  /** Priority of the calls to this service when it is overloaded; the call site wins. Default `default`. */
  readonly priority?: Priority;
  /**
   * HTTP client of the service. `http-proxy-middleware` supports its plugins and hooks and needs more CPU per request.
   * Default `undici`.
   */
  readonly transport?: TransportChoice;
  /** TLS settings of `https://` targets. Default: the system's certificate authorities, no client certificate. */
  readonly tls?: Tls;
  /**
   * Response headers that reach the browser although they identify the backend, such as `Server` and `X-Served-By`.
   * Default none.
   */
  readonly expose?: readonly string[];
  /**
   * Whether `Cache-Groups` tags the service's stored responses and `Cache-Group-Invalidation` in the response to a
   * write purges them (RFC 9875); both are ignored for a proxy to a plain URL. Default true.
   */
  readonly cacheGroups?: boolean;
  /**
   * Whether browsers use the address of this service directly (a CDN, an API that a Content-Security-Policy names); it
   * then stays in responses instead of being replaced by the gateway's. Default false.
   */
  readonly public?: boolean;
  /**
   * Maximum size of all header fields of one response together; more is 502 `upstream.head_too_large`. Default 16KB.
   */
  readonly responseHeaders?: ByteSize;
  /**
   * Attributes of the service's cookies in the browser. Default: the backend's, without a `Domain` that is not public.
   */
  readonly cookies?: CookieOptions;
}

/**
 * Copies of GET and HEAD calls, without a body and with the client's headers (without those of the first service's
 * `headers` option), sent with the other service's own limit and balancing. Clients do not see the result, and circuits
 * do not count it.
 */
export interface Mirror {
  /** The other service. Required. */
  readonly to: Service;
  /** Share of the calls that is copied at random. Default 100%. */
  readonly share?: `${number}%`;
  /** Maximum of concurrent copies, each for 10s at most; more are dropped. Default 10. */
  readonly max?: number;
}

/** TLS settings for a service's targets. Certificates are always verified. `ca`, `cert` and `key` are PEM texts. */
export interface Tls {
  /** Certificate authorities of the targets, in place of the system's. Default: the system's. */
  readonly ca?: string | readonly string[];
  /** Client certificate of the gateway. Requires `key`. Default none. */
  readonly cert?: string;
  /** Private key of `cert`. Default none. */
  readonly key?: string;
  /** Passphrase of `key`. Default none. */
  readonly passphrase?: string;
  /**
   * Name in the targets' certificate (SNI), if it differs from the host of the address. Default: the host of the
   * address.
   */
  readonly servername?: string;
}

/** Attributes that replace those of a backend's `Set-Cookie`. */
export interface CookieOptions {
  /** Value of `Domain`. Default: the backend's, if it is public. */
  readonly domain?: string;
  /** Whether cookies are `Secure`. Default: the backend's. */
  readonly secure?: boolean;
  /** Value of `SameSite`. Default: the backend's. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
}

/** A call to a service: a pattern that is filled with the route's params, or a path that is sent unchanged. */
export type Call =
  | { readonly service: Service; readonly pattern: string }
  | { readonly service: Service; readonly path: string };

/** Name and options of a service. */
export interface ServiceHandle {
  readonly serviceName: string;
  readonly options: ServiceOptions;
}

/**
 * A backend service. As a value it passes the request's own path on (`proxy: catalog`); called with a pattern it fills
 * in the route's params (`catalog('/v2/items/[id]')`); as a template tag it percent-encodes each value
 * (`` catalog`/items/${id}` ``).
 */
export interface Service extends ServiceHandle {
  /** A path with the route's params in brackets; the client's query is appended. */
  (pattern: `/${string}`): Call;
  /** A path whose values are each one encoded segment, or one encoded query value after `?`; sent as written. */
  (strings: TemplateStringsArray, ...holes: readonly (string | number)[]): Call;
}

/**
 * Declares a backend service.
 * @param name its name in logs, metrics and reports; unique in the project.
 * @param options its targets and the policies of every call to it.
 * @returns a service for `proxy` and `from`.
 * @example export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:4001'] });
 */
export function defineService(name: string, options: ServiceOptions): Service {
  const service: Service = Object.assign(
    (first: string | TemplateStringsArray, ...holes: readonly (string | number)[]): Call =>
      typeof first === 'string' ? { service, pattern: first } : { service, path: fillTemplate(first, holes) },
    { [SERVICE]: true, serviceName: name, options },
  );
  return service;
}

export function isService(value: unknown): value is Service {
  return typeof value === 'function' && SERVICE in value;
}

export function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'service' in value && isService(value.service);
}

function fillTemplate(strings: TemplateStringsArray, holes: readonly (string | number)[]): string {
  let path = strings[0] ?? '';
  let inQuery = path.includes('?');
  for (const [i, hole] of holes.entries()) {
    const after = strings[i + 1] ?? '';
    path += (inQuery ? encodeURIComponent(String(hole)) : encodeSegment(String(hole))) + after;
    inQuery ||= after.includes('?');
  }
  return path;
}
