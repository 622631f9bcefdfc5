import type { RouteAuth } from '../config/auth.ts';
import { type CsrfRules, mergeCsrf } from '../config/csrf.ts';
import type { FolderDefaultsOptions } from '../config/folder-defaults.ts';
import type { AnyContext, LoadedAuth, LoadedDefinition, RouteKind } from '../config/loaded-route.ts';
import type { Guard } from '../config/policies.ts';
import { canHave, isUnsafe } from './route-kinds.ts';

const POLICIES = ['cache', 'timeout', 'retry', 'breaker', 'hedge', 'limits', 'cors', 'rateLimit'] as const;

/** Options that are replaced as a whole. */
const NEAREST = ['compress', 'priority'] as const;

export type MergedPolicy = object | string | false | undefined;

/**
 * Merges the defaults of its folders into a route's definition.
 * @param folders from `routes/` down to the route's own folder.
 */
export function mergeDefaults(
  definition: LoadedDefinition,
  route: { readonly kind: RouteKind; readonly method: string | undefined },
  folders: readonly FolderDefaultsOptions[],
): LoadedDefinition {
  const merged: Record<string, unknown> = { ...definition };
  for (const policy of POLICIES) {
    if (!canHave(route.kind, policy) || (policy === 'cache' && definition.stream === true)) continue;
    const given = folders.map(folder => folder[policy]).filter(value => applies(policy, value, route.method));
    const value = [...given, definition[policy]].reduce<MergedPolicy>(mergePolicy, undefined);
    if (value !== undefined) merged[policy] = value;
  }
  for (const option of NEAREST) {
    const value = definition[option] ?? nearestOf(folders, option);
    if (value !== undefined && canHave(route.kind, option)) merged[option] = value;
  }
  const guards = guardsOf([...folders.map(({ guard }) => guard), definition.guard]);
  if (guards !== undefined && canHave(route.kind, 'guard')) merged.guard = guards;
  const csrf = [...folders.map(({ csrf }) => csrf), definition.csrf].reduce<CsrfRules>(mergeCsrf, undefined);
  if (csrf !== undefined) merged.csrf = csrf;
  const lists = allowedLists([...folders.map(({ allow }) => allow), definition.allow]);
  if (lists.length > 0) merged.allowLists = lists;
  const authRules = authOf([...folders.map(({ auth }) => auth), definition.auth]);
  if (authRules !== undefined) merged.authRules = authRules;
  return merged;
}

/** A client has to pass all guards, the outermost first; `false` removes the outer ones. */
function guardsOf(written: readonly LoadedDefinition['guard'][]): readonly Guard<AnyContext>[] | undefined {
  const open = written.lastIndexOf(false);
  const guards = written.slice(open + 1).flatMap(guard => guard ?? []);
  return guards.length === 0 ? undefined : guards.filter(guard => guard !== false);
}

/** A client has to be in all lists; `false` removes the outer ones. */
function allowedLists(written: readonly LoadedDefinition['allow'][]): readonly (readonly string[])[] {
  return written.slice(written.lastIndexOf(false) + 1).filter(list => list !== undefined && list !== false);
}

/** A user has to satisfy all rules; `false` removes the outer ones. `optional` does not make them so. */
function authOf(written: readonly (RouteAuth | undefined)[]): LoadedAuth | undefined {
  const open = written.lastIndexOf(false);
  const said = written.slice(open + 1).filter(rule => rule !== undefined && rule !== false);
  if (said.length === 0) return undefined;
  return { required: said.some(rule => rule !== 'optional'), rules: said.filter(rule => typeof rule === 'object') };
}

// Folder defaults cover all routes, so a policy is skipped for methods that cannot have it. `false` applies to every
// method.
function applies(policy: (typeof POLICIES)[number], value: MergedPolicy, method: string | undefined): boolean {
  if (policy === 'limits') return method !== 'GET' && method !== 'HEAD';
  return value === false || !isUnsafe(method) || (policy !== 'cache' && policy !== 'retry');
}

/** Merges an outer policy with an inner one, key by key; `false` removes the outer one. */
export function mergePolicy(outer: MergedPolicy, inner: MergedPolicy): MergedPolicy {
  if (inner === undefined) return outer;
  if (outer === undefined || outer === false || inner === false) return inner;
  if (typeof inner === 'string' && typeof outer === 'string') return inner;
  return { ...asObject(outer), ...asObject(inner) };
}

// A plain duration limits the time to response headers.
function asObject(policy: object | string): object {
  return typeof policy === 'string' ? { headers: policy } : policy;
}

/** The hosts of the nearest folder that sets any. */
export function hostsOf(folders: readonly FolderDefaultsOptions[]): readonly string[] {
  const host = nearestOf(folders, 'host');
  if (host === undefined) return [];
  return (typeof host === 'string' ? [host] : host).map(name => name.toLowerCase());
}

function nearestOf<K extends (typeof NEAREST)[number] | 'host'>(
  folders: readonly FolderDefaultsOptions[],
  key: K,
): FolderDefaultsOptions[K] | undefined {
  return folders.findLast(folder => folder[key] !== undefined)?.[key];
}
