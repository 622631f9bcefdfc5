import type { RequiredAuth, RouteAuth } from './auth.ts';
import type { Context } from './context.ts';
import type { Cors } from './cors.ts';
import type { Csrf } from './csrf.ts';
import type { GatewayOptions } from './gateway.ts';
import type { PartResponse } from './part-response.ts';
import type { Pass } from './pass.ts';
import type { Cache, CallPolicy, Fallback, Guard } from './policies.ts';
import type { RateRule } from './rate-limit.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { RouteLimits } from './request-limits.ts';
import type { Call, Service } from './service.ts';

// The types that the loader passes to the chains: the public types without their inference.

/** The context of a route with params, query and body of unknown types. */
export type AnyContext = Context<never, never, never>;

export type RouteKind = 'proxy' | 'aggregate' | 'handler' | 'static' | 'redirect';

/** @param args an id or several, if the part has `each`, and the values of the parts that it needs. */
type PartFunction<Result> = (c: AnyContext, ...args: readonly unknown[]) => Result;

export interface LoadedBatch {
  readonly from: PartFunction<Call>;
  readonly by: (item: unknown) => unknown;
  readonly max: number;
  readonly items?: string;
}

export interface LoadedPart extends CallPolicy {
  readonly response: unknown;
  /** Undefined with `batch`. */
  readonly from?: Call | PartFunction<Call | false>;
  readonly each?: (parts: Readonly<Record<string, unknown>>, c: AnyContext) => unknown;
  readonly batch?: LoadedBatch;
  readonly concurrency?: number;
  readonly dependsOn?: readonly string[];
  readonly optional?: boolean;
  readonly cache?: Cache<AnyContext> | false;
  readonly fallback?: Fallback<AnyContext, unknown>;
  readonly headers?: RequestHeaders<AnyContext>;
  readonly pass?: Pass | false;
  readonly method?: 'GET' | 'POST';
  /** A value, or a function of `c` and what the call is for. */
  readonly json?: unknown;
}

/** A rate limit with the file that declares it: routes that inherit it from a folder share its count. */
export interface LoadedRate extends RateRule<AnyContext> {
  readonly file: string;
}

/** What a route and its folders require together. */
export interface LoadedAuth {
  /** Whether a request without a user is refused. */
  readonly required: boolean;
  /** Each has to be satisfied. */
  readonly rules: readonly RequiredAuth[];
}

/** A validated route definition with the defaults of its folders merged in. */
export interface LoadedDefinition extends CallPolicy {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly response?: unknown;
  readonly cache?: Cache<AnyContext> | false;
  readonly purges?: readonly string[] | ((c: AnyContext) => readonly string[]);
  readonly guard?: Guard<AnyContext> | readonly Guard<AnyContext>[] | false;
  /** As written; `authRules` has what applies. */
  readonly auth?: RouteAuth;
  readonly authRules?: LoadedAuth;
  readonly csrf?: Csrf | false;
  readonly allow?: readonly string[] | false;
  /** The lists of its folders and its own, each of which a client has to be in. */
  readonly allowLists?: readonly (readonly string[])[];
  readonly cors?: Cors | false;
  readonly rateLimit?: Readonly<Record<string, LoadedRate | false>> | false;
  readonly fallback?: Fallback<AnyContext, unknown>;
  readonly headers?: RequestHeaders<AnyContext>;
  readonly limits?: RouteLimits;
  readonly compress?: boolean;
  readonly upgrade?: boolean;
  readonly allowedOrigins?: readonly string[];
  readonly encodedSlashes?: boolean;
  readonly proxy?: string | Service | Call | ((c: AnyContext) => Call);
  readonly aggregate?: Readonly<Record<string, LoadedPart>>;
  readonly reply?: (
    parts: Readonly<Record<string, unknown>>,
    c: AnyContext,
    responses: Readonly<Record<string, PartResponse>>,
  ) => unknown;
  readonly stream?: boolean;
  readonly static?: { readonly dir: string; readonly spa?: string };
  readonly redirect?:
    | string
    | ((c: AnyContext) => string)
    | { readonly to: string | ((c: AnyContext) => string); readonly status?: number };
  readonly handler?: (c: AnyContext) => unknown;
}

/** One segment of an address. A matcher tests the decoded text. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string; readonly matcher: Matcher | undefined; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly name: string; readonly optional: boolean };

export interface Matcher {
  readonly name: string;
  readonly test: (text: string) => boolean;
}

export interface LoadedRoute {
  /** The file, relative to the project's folder, with forward slashes. */
  readonly file: string;
  /** The address in the file's notation: `/api/products/[id]`. */
  readonly pattern: string;
  /** The address in the notation of logs and metrics: `/api/products/{id}`. */
  readonly label: string;
  readonly segments: readonly Segment[];
  /** In upper case; undefined matches every method. */
  readonly method: string | undefined;
  /** Lower-case hosts without port; empty matches every host. */
  readonly hosts: readonly string[];
  readonly kind: RouteKind;
  /** Whether the route's own file declares a body, so that a GET may have one. */
  readonly takesBody: boolean;
  readonly definition: LoadedDefinition;
}

/** All validated definitions of a project's folder. */
export interface Definitions {
  /** An absolute path. */
  readonly dir: string;
  readonly routes: readonly LoadedRoute[];
  readonly gateway: GatewayOptions;
  /** The file with these options, relative to the folder; undefined without one. */
  readonly gatewayFile: string | undefined;
}
