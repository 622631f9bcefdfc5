import type { FolderDefaultsOptions } from '../config/folder-defaults.ts';
import type { AnyContext, LoadedDefinition, RouteKind } from '../config/loaded-route.ts';
import type { Guard } from '../config/policies.ts';
import { canHave, isUnsafe } from './route-kinds.ts';

const POLICIES = ['cache', 'timeout', 'retry', 'breaker', 'hedge', 'limits'] as const;

/** What is said as a whole. */
const NEAREST = ['compress', 'priority'] as const;

type Policy = object | string | false | undefined;

/**
 * A route's definition with the defaults of its folders.
 * @param folders from `routes/` down to the route's own folder.
 */
export function mergeDefaults(
  definition: LoadedDefinition,
  route: { readonly kind: RouteKind; readonly method: string | undefined },
  folders: readonly FolderDefaultsOptions[],
): LoadedDefinition {
  const merged: Record<string, unknown> = { ...definition };
  for (const policy of POLICIES) {
    if (!canHave(route.kind, policy)) continue;
    const given = folders.map(folder => folder[policy]).filter(value => applies(policy, value, route.method));
    const value = [...given, definition[policy]].reduce<Policy>(mergePolicy, undefined);
    if (value !== undefined) merged[policy] = value;
  }
  for (const option of NEAREST) {
    const value = definition[option] ?? nearestOf(folders, option);
    if (value !== undefined && canHave(route.kind, option)) merged[option] = value;
  }
  const guards = guardsOf([...folders.map(({ guard }) => guard), definition.guard]);
  if (guards !== undefined && canHave(route.kind, 'guard')) merged.guard = guards;
  return merged;
}

/** All of them must let a client through, the outermost first; `false` opens what stands farther out. */
function guardsOf(written: readonly LoadedDefinition['guard'][]): readonly Guard<AnyContext>[] | undefined {
  const open = written.lastIndexOf(false);
  const guards = written.slice(open + 1).flatMap(guard => guard ?? []);
  return guards.length === 0 ? undefined : guards.filter(guard => guard !== false);
}

// A folder speaks about all its routes: what a write cannot have is not meant for it. Switching something off is meant
// for all.
function applies(policy: (typeof POLICIES)[number], value: Policy, method: string | undefined): boolean {
  if (policy === 'limits') return method !== 'GET' && method !== 'HEAD';
  return value === false || !isUnsafe(method) || (policy !== 'cache' && policy !== 'retry');
}

/** What an outer policy and one nearer to the call come to, key by key; `false` ends what stands farther away. */
export function mergePolicy(outer: Policy, inner: Policy): Policy {
  if (inner === undefined) return outer;
  if (outer === undefined || outer === false || inner === false) return inner;
  if (typeof inner === 'string' && typeof outer === 'string') return inner;
  return { ...asObject(outer), ...asObject(inner) };
}

// A plain duration bounds the wait for response headers.
function asObject(policy: object | string): object {
  return typeof policy === 'string' ? { headers: policy } : policy;
}

/** The hosts of the nearest folder that names any. */
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
