import { encodeSegment } from '../core/path-segment.ts';
import type { Priority } from '../core/ports/limiter.ts';
import type { Balance, Canary, Ejection, HealthCheck, Targets } from './balancing.ts';
import type { ByteSize } from './byte-size.ts';
import type { Duration } from './duration.ts';
import type { Breaker, Hedge, Retry, Timeouts } from './policies.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { TransportChoice } from './transport.ts';

const SERVICE = Symbol.for('portico.service');

export interface ServiceOptions {
  /** The targets: `http://` or `https://` addresses, or `{ url, weight, max }`; certificates are verified. Required. */
  readonly targets: Targets;
  /** Which target takes a call. Default `ewma`: of two at random, the one that answers faster and has less to do. */
  readonly balance?: Balance;
  /**
   * Leaving out a target that fails every call, at most half of them at once. Default: five failures in a row, for 1s,
   * longer each time, up to 30s; `false` for never.
   */
  readonly ejection?: Ejection | false;
  /**
   * How long a target that is back, or new, takes to grow from a tenth of its weight to all of it. Default 30s; `false`
   * for at once.
   */
  readonly slowStart?: Duration | false;
  /**
   * Active health checks of each target: a path, or `{ path, interval, timeout, unhealthyThreshold, healthyThreshold,
   * status }`. Default none.
   */
  readonly health?: `/${string}` | HealthCheck | false;
  /** Targets with something new, for some of the calls: by a header, a cookie or a share. Default none. */
  readonly canary?: Canary;
  /** Copies of its calls to another service, whose responses are dropped. Default none. */
  readonly mirror?: Mirror;
  /**
   * How many calls may be in flight at once, over all routes; a few more wait for a moment, the others are refused with
   * 503. Default `'adaptive'`: as many as the service bears by what its responses show, between 2 and 1000 in each
   * process; `false` for no limit.
   */
  readonly concurrency?: number | 'adaptive' | false;
  /**
   * What is said to this service on every call: a key of its own, a name. The call site wins, name by name; undefined
   * removes what a client sends. Default none.
   */
  readonly headers?: RequestHeaders;
  /** For every call to this service; the call site wins key by key. */
  readonly timeout?: Duration | Timeouts | false;
  /** For every call to this service; the call site wins key by key. */
  readonly retry?: Retry | false;
  /** For every call site of this service, each with a circuit of its own; the call site wins key by key. */
  readonly breaker?: Breaker | false;
  /** For every call to this service; the call site wins key by key. */
  readonly hedge?: Hedge | false;
  /** How much the calls to this service matter when not all may start; the call site wins. Default `default`. */
  readonly priority?: Priority;
  /**
   * What moves the bytes. Default `undici`; `http-proxy-middleware` brings its plugins and hooks, at more CPU a
   * request.
   */
  readonly transport?: TransportChoice;
  /**
   * How `https://` targets are known, and how the gateway shows itself. Default: by the system's authorities, without a
   * certificate.
   */
  readonly tls?: Tls;
  /**
   * Response fields that reach the browser though they describe the backend: `Server`, `Via`, `X-Served-By`, ...
   * Default none.
   */
  readonly expose?: readonly string[];
  /**
   * Whether `Cache-Groups` tags its stored responses and `Cache-Group-Invalidation` in a response to a write purges
   * (RFC 9875). Default true; a proxy to a bare URL is trusted with neither.
   */
  readonly cacheGroups?: boolean;
  /**
   * Whether browsers know the address of this service by themselves: a CDN or an API that pages call, named in a
   * Content-Security-Policy. It is then left in responses as it stands. Default false: it is replaced by the gateway's.
   */
  readonly public?: boolean;
  /** The longest head of a response, all header fields together; a longer one is 502. Default 16KB. */
  readonly responseHeaders?: ByteSize;
  /** What this service's cookies say in the browser. Default: what the backend says, without a domain of its own. */
  readonly cookies?: CookieOptions;
}

/**
 * Copies of GET and HEAD, without a body and with what the client said (not what `headers` says to the first service),
 * to another service, by its own limit and balance. What becomes of them, no client sees and no circuit counts.
 */
export interface Mirror {
  /** The other service. Required. */
  readonly to: Service;
  /** How many of the calls are copied, at random. Default 100%. */
  readonly share?: `${number}%`;
  /** How many copies may be on their way, each for 10s at most; more are left out. Default 10. */
  readonly max?: number;
}

/** TLS to a service's targets. Certificates are always verified. Each of `ca`, `cert` and `key` is PEM text. */
export interface Tls {
  /** The authorities that may vouch for the targets, in place of the system's. */
  readonly ca?: string | readonly string[];
  /** The gateway's own certificate, for a service that requires one; with `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** Of `key`. */
  readonly passphrase?: string;
  /** The name that the targets' certificate is for (SNI), where the address has another one. */
  readonly servername?: string;
}

/** What a backend's Set-Cookie becomes. */
export interface CookieOptions {
  /** In place of the backend's `Domain`. */
  readonly domain?: string;
  /** Whether cookies are `Secure`, whatever the backend says. */
  readonly secure?: boolean;
  /** In place of the backend's `SameSite`. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
}

/** A request to a service: a pattern to fill from the route's params, or a path that is sent exactly so. */
export type Call =
  | { readonly service: Service; readonly pattern: string }
  | { readonly service: Service; readonly path: string };

/** What is known of a service without a call. */
export interface ServiceHandle {
  readonly serviceName: string;
  readonly options: ServiceOptions;
}

/**
 * A backend service. As it stands it lets the request's own path through (`proxy: catalog`); called with a pattern it
 * fills it from the route's params (`catalog('/v2/items/[id]')`); as a template tag it percent-encodes each hole (``
 * catalog`/items/${id}` ``).
 */
export interface Service extends ServiceHandle {
  /** A path with the route's params in brackets; the client's query goes along. */
  (pattern: `/${string}`): Call;
  /**
   * A path whose holes are each one encoded segment, or one encoded query value after `?`. Sends exactly what it
   * writes.
   */
  (strings: TemplateStringsArray, ...holes: readonly (string | number)[]): Call;
}

/**
 * Declares a backend service.
 * @param name what logs, metrics and reports call it; unique in the project.
 * @param options its targets and the policies for every call to it.
 * @example export const catalog = defineService('catalog', { targets: { env: 'CATALOG_TARGETS', default:
 * ['http://127.0.0.1:4001'] } });
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
