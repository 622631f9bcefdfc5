/**
 * What a route's functions are given: the request, typed by the path literal and the schemas.
 * Nothing in it can be changed, and everything costly in it is made when it is first read.
 */
export interface Context<P = Record<string, string>, Q = URLSearchParams, B = unknown> {
  /** The path's params, decoded; what the `params` schema made of them, where there is one. */
  readonly params: P;
  /** What the `query` schema made of the query; `URLSearchParams` without one. */
  readonly query: Q;
  /** What the `body` schema made of the body; undefined without one. */
  readonly body: B;
  readonly method: string;
  /** The address of the request. */
  readonly url: URL;
  /** By lower-case name; repeated lines are joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** Aborts when the client leaves or a deadline passes; hand it to what you await. */
  readonly signal: AbortSignal;
  /** Who the user is, as the last guard that answered `{ subject }` said. */
  readonly subject: string | undefined;
  /** `res.locals` of the Express middleware before the gateway. */
  readonly locals: Readonly<Record<string, unknown>>;
  /** The request id, as in the log and in problem+json. */
  readonly id: string;
}
