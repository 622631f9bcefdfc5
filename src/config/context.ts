import type { User } from '../core/user.ts';

/**
 * The argument of a route's functions: the request, typed by the path literal and the schemas. It is immutable, and
 * expensive members are computed on first access.
 */
export interface Context<P = Record<string, string>, Q = URLSearchParams, B = unknown> {
  /** The decoded params of the path, or the output of the `params` schema. */
  readonly params: P;
  /** The output of the `query` schema; `URLSearchParams` without one. */
  readonly query: Q;
  /** The output of the `body` schema; undefined without one. */
  readonly body: B;
  readonly method: string;
  /** The URL of the request. */
  readonly url: URL;
  /** Request headers by lower-case name; repeated lines are joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** Aborts when the client disconnects or a deadline passes; pass it to what you await. */
  readonly signal: AbortSignal;
  /** The user that the route's `auth` has recognised. */
  readonly user: User | undefined;
  /** The subject of `user`, or the `{ subject }` that the last guard returned. */
  readonly subject: string | undefined;
  readonly client: {
    /** The address of the client, read from trusted proxies only; '' if it has none, as over a Unix socket. */
    readonly address: string;
  };
  /** `res.locals` of the Express middleware before the gateway. */
  readonly locals: Readonly<Record<string, unknown>>;
  /** The request id, as in the log and in problem+json. */
  readonly id: string;
}
