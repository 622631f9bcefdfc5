import type { Duration } from './duration.ts';

/** Response headers that make browsers careful. Those that a backend sends itself are left as they are. */
export interface SecurityHeaders {
  /** Whether browsers take a response for nothing else than its `Content-Type` says. Default true. */
  readonly nosniff?: boolean;
  /**
   * `Referrer-Policy`: what other sites learn of an address; `false` sends none. Default
   * `strict-origin-when-cross-origin`.
   */
  readonly referrerPolicy?: string | false;
  /**
   * `Strict-Transport-Security`: how long browsers use HTTPS only for this host, also where an http link leads there.
   * Sent over HTTPS only (RFC 6797 §7.2); behind a proxy with TLS that needs `trustedProxies`. Default none, because it
   * cannot be taken back.
   */
  readonly hsts?: Duration | false;
}
