import type { RequestHandler as Middleware } from 'express';
import type { CacheStores } from './cache-stores.ts';
import type { GatewayLimits } from './request-limits.ts';

const GATEWAY = Symbol.for('portico.gateway');

/** What `portico.config.ts` may say. A flag or an environment variable wins over it. */
export interface GatewayOptions {
  /**
   * Addresses and CIDR ranges of the proxies before the gateway, whose `X-Forwarded-*`, `Forwarded`, request ids and
   * traces are believed. Default none.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Request fields that say who a user is, so that backends believe them and they never enter from outside: names, and
   * prefixes of names ending in `*`. Default `x-user`, `x-user-*`, `x-internal-*`, `remote-user` and what servers call
   * client certificates.
   */
  readonly strippedRequestHeaders?: readonly string[];
  /** How much a client may send, and how slowly. */
  readonly limits?: GatewayLimits;
  /**
   * Where stored responses are kept: in memory, and where it is said on disk and in a Redis that several targets share.
   */
  readonly cache?: CacheStores;
  /**
   * Whether responses carry `Server-Timing`: what cache, breaker and parts did, and how long they took. Default only in
   * `dev`.
   */
  readonly serverTiming?: boolean;
  /**
   * Whether texts that backends answer are searched for the address of a backend: `warn` logs a find, `fail` makes it
   * 502, or breaks off what has begun. Heads and error pages are scrubbed in any case. Default `warn` in `dev`, else
   * `false`.
   */
  readonly leakGuard?: 'warn' | 'fail' | false;
  /**
   * A path at which the gateway itself reports whether it takes requests, for probes that can only reach its own port:
   * 200, or 503 while it drains. For every host. Default none: the admin port has `/livez` and `/readyz`.
   */
  readonly health?: `/${string}`;
  /** Express middleware before the routes. Default none. */
  readonly use?: readonly Middleware[];
}

/** What `portico.config.ts` exports by default. Made by `defineGateway`. */
export interface GatewayFile {
  readonly definition: GatewayOptions;
}

/** Declares what is the gateway's own, in `portico.config.ts`. */
export function defineGateway(definition: GatewayOptions): GatewayFile {
  return Object.freeze({ [GATEWAY]: true, definition });
}

export function isGatewayFile(value: unknown): value is GatewayFile {
  return typeof value === 'object' && value !== null && GATEWAY in value;
}
