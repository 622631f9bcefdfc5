/**
 * Which pages may send requests that change something with a user's cookies (cross-site request forgery). Pages of the
 * gateway's own origin always may.
 */
export interface Csrf {
  /**
   * Further origins whose pages may: `['https://admin.example']`. Those of `cors` with `credentials` and of
   * `allowedOrigins` may, too. Default none.
   */
  readonly origins?: readonly string[];
  /** Why the check is off for these routes: what else protects them. Default none: it is on. */
  readonly off?: string;
}
