import type { RequestHandler as Middleware } from 'express';
import type { ApiDocs } from './api-docs.ts';
import type { Auth } from './auth.ts';
import type { CacheStores } from './cache-stores.ts';
import type { Csrf } from './csrf.ts';
import type { GatewayLimits } from './request-limits.ts';
import type { SecurityHeaders } from './security-headers.ts';
import type { SessionOptions } from './session.ts';

const GATEWAY = Symbol.for('portico.gateway');

/** The options of `portico.config.ts`. Flags and environment variables take precedence. */
export interface GatewayOptions {
  /**
   * The origin by which browsers reach the gateway: `'https://shop.example'`. Its pages may open WebSockets, and send
   * forms and all else. Sign-in needs it, because a client may send any `Host`. Default none.
   */
  readonly origin?: string;
  /** How users and programs prove who they are; the `auth` of a route requires it. Default none. */
  readonly auth?: Auth;
  /** Where the gateway remembers who signed in; `auth.oidc` needs it. Default none. */
  readonly session?: SessionOptions;
  /**
   * Which pages may send requests that change something with a user's cookies; `false` never checks. Default: with a
   * `session`, only pages of the gateway's own origin; else nothing is checked.
   */
  readonly csrf?: Csrf | false;
  /** Response headers that make browsers careful; `false` adds none. Default: with a `session`, the values below. */
  readonly securityHeaders?: SecurityHeaders | false;
  /**
   * Addresses and CIDR ranges of the proxies in front of the gateway, or `'unix'` for a Unix socket; their
   * `X-Forwarded-*`, `Forwarded` (RFC 7239), request ids and trace ids are trusted. Default none.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Request headers that identify a user to backends and are therefore removed from every client request: names, or
   * prefixes that end in `*`. A list replaces the default list. Default: the names in the list below.
   */
  readonly strippedRequestHeaders?: readonly string[];
  /** Limits of client requests. Default: the values below. */
  readonly limits?: GatewayLimits;
  /**
   * Where responses are stored: in memory, and if configured in a file and in a shared Redis. Default: in memory only.
   */
  readonly cache?: CacheStores;
  /**
   * Whether responses carry `Server-Timing`: the results and durations of cache, breaker and parts. Default false, true
   * in `dev`.
   */
  readonly serverTiming?: boolean;
  /**
   * Whether text bodies of backends are searched for a backend's address: `warn` logs a match, `fail` makes the
   * response 502, or truncates one that has begun. Headers and error pages are always rewritten. Default false, `warn`
   * in `dev`.
   */
  readonly leakGuard?: 'warn' | 'fail' | false;
  /**
   * Path at which the gateway itself responds with 200, or 503 while it drains, for every host and before every route.
   * Default none; the admin port has `/livez` and `/readyz`.
   */
  readonly health?: `/${string}`;
  /**
   * The page of the API and its OpenAPI document on the gateway's own port, behind a guard. Default none; the admin
   * port has both at `/api-docs`.
   */
  readonly apiDocs?: ApiDocs;
  /** Express middleware that runs before the routes. Default none. */
  readonly use?: readonly Middleware[];
}

/** The default export of `portico.config.ts`. Made by `defineGateway`. */
export interface GatewayFile {
  readonly definition: GatewayOptions;
}

/** Declares the gateway's own options, in `portico.config.ts`. */
export function defineGateway(definition: GatewayOptions): GatewayFile {
  return Object.freeze({ [GATEWAY]: true, definition });
}

export function isGatewayFile(value: unknown): value is GatewayFile {
  return typeof value === 'object' && value !== null && GATEWAY in value;
}
