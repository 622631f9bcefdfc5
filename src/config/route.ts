import type { RouteAuth } from './auth.ts';
import type { Context } from './context.ts';
import type { RouteTypes } from './contract.ts';
import type { Cors } from './cors.ts';
import type { Csrf } from './csrf.ts';
import type { Infer, InferOr, InferRequest, InferReturned } from './infer.ts';
import type { PartResponse } from './part-response.ts';
import type { Pass } from './pass.ts';
import type { PathParams, Simplify } from './path-params.ts';
import type { Cache, CallPolicy, Fallback, Guard } from './policies.ts';
import type { Rate, RateRule } from './rate-limit.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { RouteLimits } from './request-limits.ts';
import type { Call, ServiceHandle } from './service.ts';

const ROUTE = Symbol.for('portico.route');

type AnyParams = Record<string, string>;

// The types of parts are intersected mapped types, and each infers one option: S the schemas, O the optional flags, N
// the dependencies, X and M the numbers of parts with `each`, and E their ids. TypeScript learns E only after all
// functions within `aggregate` have their types, so it types `reply` alone; within, an id is a PartId.
type IsOptional<O, K> = K extends keyof O ? (unknown extends O[K] ? false : O[K] extends true ? true : false) : false;
type IsGiven<X, K> = K extends keyof X ? (unknown extends X[K] ? false : true) : false;
type IsFannedOut<X, M, K> = true extends IsGiven<X, K> | IsGiven<M, K> ? true : false;
type IdOf<E, K> = K extends keyof E ? (unknown extends E[K] ? PartId : E[K]) : PartId;
type ValueOf<S, O, X, M, E, K extends keyof S> =
  IsFannedOut<X, M, K> extends true
    ? ReadonlyMap<IdOf<E, K>, Infer<S[K]>>
    : IsOptional<O, K> extends true
      ? Infer<S[K]> | undefined
      : Infer<S[K]>;
type Results<S, O, X, M, E> = { -readonly [K in keyof S]: ValueOf<S, O, X, M, E, K> };
type Needed<S, O, N, X, M, K> = K extends keyof N
  ? unknown extends N[K]
    ? Record<never, never>
    : Simplify<
        Pick<Results<S, O, X, M, unknown>, Extract<N[K] extends readonly (infer Name)[] ? Name : never, keyof S>>
      >
  : Record<never, never>;
/** What a call of a part is for: an id, several ids, or nothing but the parts that it needs. */
type Subject<S, O, N, X, M, K> =
  IsGiven<X, K> extends true ? PartId : IsGiven<M, K> extends true ? readonly PartId[] : Needed<S, O, N, X, M, K>;

/**
 * What the schema of the response describes. `NoInfer` here and around the context is for speed: when TypeScript infers
 * a schema back from the type of a value, it compares the types behind it branch by branch.
 */
type Output<R> = NoInfer<InferOr<R, unknown>>;

/**
 * What a function may return in place of a response: what its schema accepts, which it may convert or add to before it
 * is sent, a `Response`, or nothing (204).
 */
type Returned<R> = InferReturned<R, unknown> | Response | undefined;

/**
 * Any value. The literals in it make TypeScript infer `{ kind: 'new' }` for a returned object and not
 * `{ kind: string }`, which would fit no schema that lists its values.
 */
type Anything<L> = Literal<L> | NonNullable<unknown> | null | undefined;
type Literal<L> = L | { readonly [name: string]: Literal<L> } | readonly Literal<L>[];

/** Nothing if a function returns what the route promises, else the function that it would have to be. */
type Fitting<A, R, Input extends unknown[]> = NoInfer<
  [A] extends [Returned<R>] ? unknown : (...input: Input) => Returned<R> | Promise<Returned<R>>
>;

/** One part of an aggregate: a call to one service with its own policies. */
export interface PartPolicy<C, S> extends CallPolicy {
  /**
   * Schema of the part's response, or of each item of a part with `each`. Every response is validated, and a mismatch
   * fails the part. Required.
   */
  readonly response: S;
  /** Cache of this part. Default: nothing is stored. */
  readonly cache?: Cache<C> | false;
  /**
   * Value of a failed part, or of each id whose call failed: a value, or a function of `c` and the error. Default
   * none.
   */
  readonly fallback?: Fallback<C, NoInfer<Infer<S>>>;
  /**
   * Request headers of this part; undefined removes one. An object, or a function of `c`, which may be async; for a
   * response that is stored for all clients, the function can read only fields in the cache key. The nearest definition
   * wins, name by name. Default: those that the service sets.
   */
  readonly headers?: RequestHeaders<C>;
  /** What the part gets of that which its service passes of the client's headers and cookies. Default all of it. */
  readonly pass?: Pass | false;
  /** Method of the call; POST for a backend that reads by it. Default GET. */
  readonly method?: 'GET' | 'POST';
}

/** An id of a part with `each`. Integers beyond 2^53 are bigints, although the type of a backend's id says number. */
export type PartId = string | number;

/** A value of JSON; an object that is no function, so that a function is typed as one. */
type JsonBody = string | number | boolean | null | readonly unknown[] | { readonly [name: string]: unknown };

/** The responses of the parts' backends by name; undefined for a part that was left out, or has its fallback. */
type PartResponses<S> = { readonly [K in keyof S]: PartResponse | undefined };

type Parts<C, S, O, N, X, M, E> = {
  [K in keyof S]: PartPolicy<C, S[K]> & {
    /**
     * The call, or a function of `c` and the values of `dependsOn` that returns one; a function of an optional part may
     * return `false` to skip it. With `each`, a function of `c`, an id and these values. Required without `batch`.
     */
    readonly from?:
      | Call
      | ((c: C, subject: Subject<S, O, N, X, M, K>, parts: Needed<S, O, N, X, M, K>) => Call | false);
    /**
     * JSON body of a POST: a value, or a function of `c` and the values of `dependsOn`; with `each`, of `c`, an id (of
     * a batch its ids) and these values. Default none: no body.
     */
    readonly json?: JsonBody | ((c: C, subject: Subject<S, O, N, X, M, K>, parts: Needed<S, O, N, X, M, K>) => unknown);
    /** Several ids in one call. Default none: a call for each id. */
    readonly batch?: {
      /** Function of `c`, the ids of one call, and the values of `dependsOn` that returns the call. Required. */
      readonly from: (c: C, ids: readonly PartId[], parts: Needed<S, O, N, X, M, K>) => Call;
      /** Function of an item that returns its id. Required. */
      readonly by: (item: NoInfer<Infer<S[K]>>) => PartId;
      /** Name of the member of the response that has the list of items. Default none: the response is the list. */
      readonly items?: string;
    };
  };
} & { [K in keyof O]: { /** Whether the response may lack the part. Default false. */ readonly optional?: O[K] } } & {
  [K in keyof N]: {
    /** Parts whose values this part needs; it starts when they have succeeded. Default none. */
    readonly dependsOn?: N[K] & readonly (keyof S & string)[];
  };
} & {
  [K in keyof X]: {
    /** Maximum of concurrent calls of a part with `each`. Required with `from`. Default 8 with `batch`. */
    readonly concurrency?: X[K] & number;
  };
} & {
  [K in keyof M]: {
    readonly batch?: {
      /** Maximum of ids in one call. Required. */
      readonly max: M[K] & number;
    };
  };
} & {
  [K in keyof E]: {
    /**
     * Function of the values of `dependsOn` and `c` that returns ids; the part is called for them, each once, and its
     * value is a `ReadonlyMap` of items by id. `response` describes an item. Default none: the part is called once.
     */
    readonly each?: (parts: Needed<S, O, N, X, M, K>, c: C) => readonly E[K][];
  };
};

type Redirect<C> =
  | string
  | ((c: C) => string)
  | {
      /** The target URL, with the route's params in brackets, or a function of `c`. Required. */
      readonly to: string | ((c: C) => string);
      /** Status of the redirect: 301, 302, 303, 307 or 308. Default 307. */
      readonly status?: 301 | 302 | 303 | 307 | 308;
    };

/**
 * The content of a route file: exactly one source of the response (`proxy`, `aggregate` with `reply` or `stream`,
 * `handler`, `static`, `redirect`) and its policies.
 */
export interface RouteDefinition<C, P, Q, B, R, S, O, N, X, M, E, A, W> extends CallPolicy {
  /** Schema of the path params. A mismatch is 400. Default none: params are strings. */
  readonly params?: P;
  /** Schema of the query. A mismatch is 400. Default none: `c.query` is a `URLSearchParams`. */
  readonly query?: Q;
  /**
   * Schema of the request body: JSON, or a form up to the limit of the body. A mismatch is 422 with JSON pointers.
   * Default none: the body is not read.
   */
  readonly body?: B;
  /**
   * Schema of the response; it types `reply`, `handler` and `fallback`. Validated for aggregates and handlers, and for
   * a proxy in `dev` only. Default none.
   */
  readonly response?: R;
  /** Cache of this route. Default: nothing is stored. */
  readonly cache?: Cache<C> | false;
  /**
   * Request headers that are added to those of the client or replace them; undefined removes one. An object, or a
   * function of `c`, which may be async; for a response that is stored for all clients, the function can read only
   * fields in the cache key. The nearest definition wins, name by name. Default: the client's own headers.
   */
  readonly headers?: RequestHeaders<C>;
  /**
   * Tags whose stored responses a successful write invalidates; the write's own URL is always invalidated (RFC 9111
   * §4.4). It applies at once in this process and a moment later in the others. Default none.
   */
  readonly purges?: readonly string[] | ((c: C) => readonly string[]);
  /**
   * Access check, one function or several, after those of the folders, the outermost first. It returns undefined
   * (allowed), `refuse(status, detail)` or `{ subject }`. `false` removes the guards of the folders. Default none:
   * everybody is allowed.
   */
  readonly guard?: Guard<C> | readonly Guard<C>[] | false;
  /**
   * Who may call: `required` needs a user, `optional` recognises one, an object names scopes and roles. What the
   * folders require has to be satisfied as well; `false` removes it. Default none: everybody may call.
   */
  readonly auth?: RouteAuth;
  /**
   * Which pages may send requests that change something with a user's cookies. Default: those of the gateway's `csrf`.
   */
  readonly csrf?: Csrf | false;
  /**
   * Addresses and CIDR ranges of the clients that are served; others are 403. They have to be in the lists of the
   * folders as well; `false` removes those. Default none: everybody is served.
   */
  readonly allow?: readonly string[] | false;
  /**
   * Pages of other origins that may call this route and read its responses; a backend's own headers for this are
   * replaced. Default none: a page sees what the backend allows.
   */
  readonly cors?: Cors | false;
  /**
   * How often requests with the same key may come; a request too many is 429 with `Retry-After`. `address` counts by
   * the client's address, `user` by the subject that a guard named, any other name by its own `key`. Default none:
   * requests are not counted.
   */
  readonly rateLimit?: Readonly<Record<string, Rate | RateRule<C> | false>> | false;
  /**
   * Response with status 200 and `Cache-Control: no-store` in place of an error or a 5xx: a value, or a function of `c`
   * and the error, which may return a `Response` with its own headers. Default none.
   */
  readonly fallback?: Fallback<C, Output<R>>;
  /** Limits of the request body. Default: only a body that is read is limited, by the gateway's `limits.body`. */
  readonly limits?: RouteLimits;
  /**
   * Whether responses are compressed: `true` all that become smaller, `false` none. Default: all except those that may
   * contain a secret of one user, which their length could reveal (BREACH).
   */
  readonly compress?: boolean;
  /** Whether a proxy that serves GET accepts WebSocket upgrades. Default true. */
  readonly upgrade?: boolean;
  /** Origins whose pages may open a WebSocket or send a form, in addition to the page's own. Default none. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Whether `%2F` is allowed inside a path segment; the param then contains the slash, and a pattern encodes it again.
   * Without this option such a path is 400. Default false.
   */
  readonly encodedSlashes?: boolean;
  /** The backend that responds: a service, a call, a URL, or a function of `c` that returns a call. Default none. */
  // A service is callable too; as a handle it does not replace the function type when `c` is inferred.
  readonly proxy?: string | ServiceHandle | Call | ((c: C) => Call);
  /** Calls to several backends by part name; `reply` combines their values, or `stream` sends them. Default none. */
  readonly aggregate?: Parts<C, S, O, N, X, M, E>;
  /**
   * Function of the parts' values, `c` and the parts' responses (status, headers and cookies) that makes the response:
   * JSON data, a string or a `Response`. Required with `aggregate`, unless it has `stream`. Default none.
   */
  readonly reply?: ((parts: Simplify<Results<S, O, X, M, E>>, c: C, responses: PartResponses<S>) => A | Promise<A>) &
    Fitting<A, R, [parts: Simplify<Results<S, O, X, M, E>>, c: C, responses: PartResponses<S>]>;
  /**
   * Whether an aggregate sends each part as soon as it is there, as a line of NDJSON, or an event for a client that
   * prefers `text/event-stream`. It has no `reply`, `response`, `cache` or `fallback`; its parts have their own.
   * Default false.
   */
  readonly stream?: W & boolean;
  /** Files below a folder of the project; the route's rest param is the path of the file. Default none. */
  readonly static?: {
    /** The folder, relative to the project's folder. Required. */
    readonly dir: string;
    /** File in `dir` that is served if no file matches. Default none: 404. */
    readonly spa?: string;
  };
  /** A redirect: a URL with the route's params in brackets, a function of `c`, or `{ to, status }`. Default none. */
  readonly redirect?: Redirect<C>;
  /**
   * The project's own function of `c`: JSON data, a string (`text/plain`), a `Response`, or undefined (204). Default
   * none.
   */
  readonly handler?: ((c: C) => A | Promise<A>) & Fitting<A, R, [c: C]>;
}

/** The default export of a route file. */
export interface Route<T extends RouteTypes = RouteTypes> {
  readonly path: string | undefined;
  readonly definition: Readonly<Record<string, unknown>>;
  /** Exists as a type only: what clients are typed by. */
  readonly types?: T | undefined;
}

/** Of a route with these schemas, whose function returns `A`. */
interface TypesOf<P, Q, B, R, A, L> extends RouteTypes {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly response: R;
  readonly result: A;
  readonly streamed: L;
}

/** The parts of a streamed aggregate. */
type Streamed<W, S, O, X, M, E> = W extends true ? Results<S, O, X, M, E> : never;

type ContextOf<P, Q, B, Params> = NoInfer<
  Context<InferRequest<P, Params>, InferRequest<Q, URLSearchParams>, InferRequest<B, unknown>>
>;

/**
 * Declares the route at the address of its file.
 * @param path the file's own address, for typed params: `'/api/products/[id]'`. The loader checks that it matches the
 * file.
 * @param definition the source of the response and its policies.
 */
export function defineRoute<
  const P = never,
  const Q = never,
  const B = never,
  const R = never,
  const S = Record<never, never>,
  const O = Record<never, never>,
  const N = Record<never, never>,
  X = Record<never, never>,
  M = Record<never, never>,
  E = Record<never, never>,
  L extends string | number | boolean = never,
  A extends Anything<L> = Returned<R>,
  W = false,
>(
  definition: RouteDefinition<ContextOf<P, Q, B, AnyParams>, P, Q, B, R, S, O, N, X, M, E, A, W>,
): Route<TypesOf<P, Q, B, R, A, Streamed<W, S, O, X, M, E>>>;
export function defineRoute<
  const Path extends `/${string}`,
  const P = never,
  const Q = never,
  const B = never,
  const R = never,
  const S = Record<never, never>,
  const O = Record<never, never>,
  const N = Record<never, never>,
  X = Record<never, never>,
  M = Record<never, never>,
  E = Record<never, never>,
  L extends string | number | boolean = never,
  A extends Anything<L> = Returned<R>,
  W = false,
>(
  path: Path,
  definition: RouteDefinition<ContextOf<P, Q, B, PathParams<Path>>, P, Q, B, R, S, O, N, X, M, E, A, W>,
): Route<TypesOf<P, Q, B, R, A, Streamed<W, S, O, X, M, E>>>;
export function defineRoute(...args: readonly unknown[]): Route {
  const [path, definition] = args.length === 1 ? [undefined, args[0]] : args;
  // The loader reports invalid arguments with file and line.
  return Object.freeze({
    [ROUTE]: true,
    path: path as string | undefined,
    definition: definition as Readonly<Record<string, unknown>>,
  });
}

export function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && ROUTE in value;
}
