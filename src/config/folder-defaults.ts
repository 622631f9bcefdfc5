import type { Context } from './context.ts';
import type { Cache, CallPolicy, Guard } from './policies.ts';
import type { RouteLimits } from './request-limits.ts';

const DEFAULTS_FILE = Symbol.for('portico.defaults');

/** What `_defaults.ts` may say for the routes of its folder and below. */
export interface FolderDefaultsOptions extends CallPolicy {
  readonly cache?: Cache<Context> | false;
  /** Guards in addition to those of outer folders and of the route itself; `false` removes those of outer folders. */
  readonly guard?: Guard | readonly Guard[] | false;
  /** Whether responses are compressed: all, none, or by default all but those that may hold a secret of one user. */
  readonly compress?: boolean;
  /** The longest body that may be sent; not for GET and HEAD. */
  readonly limits?: RouteLimits;
  /** The hosts these routes answer for, without port: makes the folder a host group. Default every host. */
  readonly host?: string | readonly string[];
}

/** What a `_defaults.ts` exports by default. Made by `defineDefaults`. */
export interface FolderDefaults {
  readonly definition: FolderDefaultsOptions;
}

/**
 * Declares policies for every route in the folder of a `_defaults.ts` and below it. The folder nearest to a route wins,
 * key by key inside a policy; `false` removes one. Defaults reach routes, not parts, and only routes whose kind can
 * have the policy.
 */
export function defineDefaults(definition: FolderDefaultsOptions): FolderDefaults {
  return Object.freeze({ [DEFAULTS_FILE]: true, definition });
}

export function isFolderDefaults(value: unknown): value is FolderDefaults {
  return typeof value === 'object' && value !== null && DEFAULTS_FILE in value;
}
