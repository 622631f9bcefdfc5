import type { RouteAuth } from './auth.ts';
import type { Context } from './context.ts';
import type { Cors } from './cors.ts';
import type { Csrf } from './csrf.ts';
import type { Cache, CallPolicy, Guard } from './policies.ts';
import type { Rate, RateRule } from './rate-limit.ts';
import type { RouteLimits } from './request-limits.ts';

const DEFAULTS_FILE = Symbol.for('portico.defaults');

/** The options of `_defaults.ts`, for the routes of its folder and below. */
export interface FolderDefaultsOptions extends CallPolicy {
  /** Cache of the routes that can have one. Default: nothing is stored. */
  readonly cache?: Cache<Context> | false;
  /**
   * Access checks, after those of the outer folders and before the route's own; `false` removes those of the outer
   * folders. Default none.
   */
  readonly guard?: Guard | readonly Guard[] | false;
  /**
   * Who may call: `required` needs a user, `optional` recognises one, an object names scopes and roles. What the outer
   * folders require has to be satisfied as well; `false` removes it. Default none: everybody may call.
   */
  readonly auth?: RouteAuth;
  /**
   * Which pages may send requests that change something with a user's cookies. Default: those of the gateway's `csrf`.
   */
  readonly csrf?: Csrf | false;
  /**
   * Addresses and CIDR ranges of the clients that are served; others are 403. They have to be in the lists of the outer
   * folders as well; `false` removes those. Default none: everybody is served.
   */
  readonly allow?: readonly string[] | false;
  /** Pages of other origins that may call these routes and read their responses. Default none. */
  readonly cors?: Cors | false;
  /** How often requests with the same key may come; the routes share the counts. Default none: they are not counted. */
  readonly rateLimit?: Readonly<Record<string, Rate | RateRule<Context> | false>> | false;
  /**
   * Whether responses are compressed: `true` all that become smaller, `false` none. Default: all except those that may
   * contain a secret of one user.
   */
  readonly compress?: boolean;
  /** Limits of the request body; not for GET and HEAD. Default none. */
  readonly limits?: RouteLimits;
  /**
   * Hosts of these routes, without port; for any other host they do not exist. A host that no folder names is 421 if
   * every route of the project has a `host`, otherwise 404 where nothing else matches. Default: every host.
   */
  readonly host?: string | readonly string[];
}

/** The default export of a `_defaults.ts`. Made by `defineDefaults`. */
export interface FolderDefaults {
  readonly definition: FolderDefaultsOptions;
}

/**
 * Declares policies for every route in the folder of a `_defaults.ts` and below it. The folder nearest to a route wins,
 * key by key within a policy; `false` removes a policy. Defaults apply to routes, not to parts, and only to routes that
 * can have the policy.
 */
export function defineDefaults(definition: FolderDefaultsOptions): FolderDefaults {
  return Object.freeze({ [DEFAULTS_FILE]: true, definition });
}

export function isFolderDefaults(value: unknown): value is FolderDefaults {
  return typeof value === 'object' && value !== null && DEFAULTS_FILE in value;
}
