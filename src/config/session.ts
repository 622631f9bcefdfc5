import type { Duration } from './duration.ts';
import type { Secret } from './secret.ts';

/** Where the gateway remembers who signed in. */
export interface SessionOptions {
  /**
   * `cookie` keeps the identity in the browser, sealed (AES-256-GCM); `disk` and `redis` keep it, and the tokens of the
   * user, on the server. `redis` needs `cache.redis` or `REDIS_URL`. Default `cookie`.
   */
  readonly store?: 'cookie' | 'disk' | 'redis';
  /**
   * The key that seals sessions, or several, the newest first: 32 random bytes or more each, in hexadecimal digits or
   * base64; in a variable separated by commas. Required by `start`; `dev` makes one up.
   */
  readonly keys?: Secret | readonly string[];
  /** Time without a request after which a session ends. Default 8h. */
  readonly idle?: Duration;
  /** Time after which a session ends in any case. Default 7d. */
  readonly max?: Duration;
  /**
   * `strict` sends the cookie from the gateway's own pages only; `lax` also when a link leads there. Default `strict`.
   */
  readonly sameSite?: 'strict' | 'lax';
  /** The file of `store: 'disk'`, relative to the project's folder. Default `.portico/sessions.db`. */
  readonly path?: string;
}
