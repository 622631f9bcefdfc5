import type { Context } from './context.ts';
import type { Infer, InferOr } from './infer.ts';
import type { PathParams, Simplify } from './path-params.ts';
import type { Cache, CallPolicy, Fallback, Guard } from './policies.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { RouteLimits } from './request-limits.ts';
import type { Call, ServiceHandle } from './service.ts';

const ROUTE = Symbol.for('portico.route');

type AnyParams = Record<string, string>;

// Parts are three reverse-mapped maps, intersected: S maps names to schemas, O to optional flags, N to needs.
type IsOptional<O, K> = K extends keyof O ? (unknown extends O[K] ? false : O[K] extends true ? true : false) : false;
type Results<S, O> = {
  -readonly [K in keyof S]: IsOptional<O, K> extends true ? Infer<S[K]> | undefined : Infer<S[K]>;
};
type Needed<S, O, N, K> = K extends keyof N
  ? unknown extends N[K]
    ? Record<never, never>
    : Simplify<Pick<Results<S, O>, Extract<N[K] extends readonly (infer X)[] ? X : never, keyof S>>>
  : Record<never, never>;

/** One part of an aggregation: a call site without an address of its own. */
export interface PartPolicy<C, S> extends CallPolicy {
  /** What the part's response is; checked on every response, a mismatch fails the part. Required. */
  readonly response: S;
  readonly cache?: Cache<C> | false;
  readonly fallback?: Fallback<C, NoInfer<Infer<S>>>;
  /**
   * Request fields for the service, in addition to the client's or in their place; undefined removes a field. An
   * object, or a function of `c`, which may be async and, where the response is shared, reads only what its key covers.
   * The nearest wins, name by name. Default: the client's own.
   */
  readonly headers?: RequestHeaders<C>;
}

type Parts<C, S, O, N> = {
  [K in keyof S]: PartPolicy<C, S[K]> & {
    /** The call to make; `false` leaves an optional part out. */
    readonly from: Call | ((c: C, parts: Needed<S, O, N, K>) => Call | false);
  };
} & { [K in keyof O]: { /** Whether the response may do without it. Default false. */ readonly optional?: O[K] } } & {
  [K in keyof N]: {
    /** Parts that must have answered first. */ readonly dependsOn?: N[K] & readonly (keyof S & string)[];
  };
};

type Redirect<C> =
  | string
  | ((c: C) => string)
  | { readonly to: string | ((c: C) => string); readonly status?: 301 | 302 | 303 | 307 | 308 };

/**
 * What a route file says: exactly one response (`proxy`, `aggregate` with `reply`, `handler`, `static`, `redirect`) and
 * its policies.
 */
export interface RouteDefinition<C, P, Q, B, R, S, O, N> extends CallPolicy {
  /** Schema of the path's params; what does not fit is 400. */
  readonly params?: P;
  /** Schema of the query; what does not fit is 400. */
  readonly query?: Q;
  /** Schema of the JSON body; what does not fit is 422. */
  readonly body?: B;
  /**
   * Schema of the response: types `reply`, `handler` and `fallback`. Checked for aggregates and handlers; for a proxy
   * in `dev`.
   */
  readonly response?: R;
  /** Default: nothing is stored. */
  readonly cache?: Cache<C> | false;
  /**
   * Request fields for the service, in addition to the client's or in their place; undefined removes a field. An
   * object, or a function of `c`, which may be async and, where the response is shared, reads only what its key covers.
   * The nearest wins, name by name. Default: the client's own.
   */
  readonly headers?: RequestHeaders<C>;
  /** Tags that a successful response makes stale, at once. Default none. */
  readonly purges?: readonly string[] | ((c: C) => readonly string[]);
  /** The guards, in order, before anything else. Default none: every client may call the route. */
  readonly guard?: Guard<C> | readonly Guard<C>[] | false;
  /** Responses with 200 in place of a failure or a 5xx. Default none. */
  readonly fallback?: Fallback<C, NoInfer<InferOr<R, unknown>>>;
  /**
   * `body`: the longest body that may be sent here, streamed or read; a longer one is 413. Default: only what is read
   * is limited, by the gateway's.
   */
  readonly limits?: RouteLimits;
  /**
   * Whether responses are compressed: `true` all that gain by it, `false` none. Default: all but those that may hold a
   * secret of one user, whose length would reveal it (BREACH).
   */
  readonly compress?: boolean;
  /** Whether WebSocket upgrades pass, on a proxy that answers GET. Default true. */
  readonly upgrade?: boolean;
  /** Origins that may open a WebSocket beside the page's own. Default none. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Whether `%2F` may stand inside a segment of the path: a param then holds the slash, a pattern encodes it again.
   * Default false: it is 400.
   */
  readonly encodedSlashes?: boolean;
  /** The backend that answers. */
  // A service is callable too: as a handle it does not take the function's place when `c` is inferred.
  readonly proxy?: string | ServiceHandle | Call | ((c: C) => Call);
  /** Several backends at once; `reply` makes one response of theirs. */
  readonly aggregate?: Parts<C, S, O, N>;
  /**
   * Makes the one response of the parts' values; what it returns is JSON, a string or a Response. Required beside
   * `aggregate`.
   */
  readonly reply?: (parts: Simplify<Results<S, O>>, c: C) => InferOr<R, unknown> | Promise<InferOr<R, unknown>>;
  /** Files below a folder of the project; the route's rest param names the file, `spa` is served where none fits. */
  readonly static?: { readonly dir: string; readonly spa?: string };
  /** Another address, with the route's params in brackets; status 307 by default. */
  readonly redirect?: Redirect<C>;
  /** The team's own response: JSON-able data, a string (text/plain), a Response, or undefined (204). */
  readonly handler?: (
    c: C,
  ) => InferOr<R, unknown> | Response | undefined | Promise<InferOr<R, unknown> | Response | undefined>;
}

/** What a route file exports by default. */
export interface Route {
  readonly path: string | undefined;
  readonly definition: Readonly<Record<string, unknown>>;
}

type ContextOf<P, Q, B, Params> = Context<InferOr<P, Params>, InferOr<Q, URLSearchParams>, InferOr<B, unknown>>;

/**
 * Declares what answers at the address that the file's name gives.
 * @param path the file's own address, for typed params: `'/api/products/[id]'`. Checked against the file when it is
 * loaded.
 * @param definition one response and its policies.
 */
export function defineRoute<
  const P = never,
  const Q = never,
  const B = never,
  const R = never,
  const S = Record<never, never>,
  const O = Record<never, never>,
  const N = Record<never, never>,
>(definition: RouteDefinition<ContextOf<P, Q, B, AnyParams>, P, Q, B, R, S, O, N>): Route;
export function defineRoute<
  const Path extends `/${string}`,
  const P = never,
  const Q = never,
  const B = never,
  const R = never,
  const S = Record<never, never>,
  const O = Record<never, never>,
  const N = Record<never, never>,
>(path: Path, definition: RouteDefinition<ContextOf<P, Q, B, PathParams<Path>>, P, Q, B, R, S, O, N>): Route;
export function defineRoute(...args: readonly unknown[]): Route {
  const [path, definition] = args.length === 1 ? [undefined, args[0]] : args;
  // What is not an object or a path is reported by the loader, with the file and the line.
  return Object.freeze({
    [ROUTE]: true,
    path: path as string | undefined,
    definition: definition as Readonly<Record<string, unknown>>,
  });
}

export function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && ROUTE in value;
}
