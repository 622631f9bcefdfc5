import type { RouteKind } from '../config/loaded-route.ts';

export const ROUTE_KINDS: readonly RouteKind[] = ['proxy', 'aggregate', 'handler', 'static', 'redirect'];

const READ: readonly string[] = ['compress', 'cache', 'timeout', 'fallback', 'purges', 'response', 'encodedSlashes'];

// The options of each kind of route. Options in no row (guard, params, query, body) belong to every kind.
const HAS: Readonly<Record<RouteKind, readonly string[]>> = {
  proxy: [...READ, 'breaker', 'retry', 'hedge', 'priority', 'headers', 'upgrade', 'allowedOrigins'],
  aggregate: [...READ, 'reply', 'stream', 'allowedOrigins'],
  handler: [...READ, 'allowedOrigins'],
  static: ['compress'],
  redirect: [],
};

/** Every option that only some kinds can have. */
const KIND_SPECIFIC: ReadonlySet<string> = new Set(Object.values(HAS).flat());

export function canHave(kind: RouteKind, option: string): boolean {
  return !KIND_SPECIFIC.has(option) || HAS[kind].includes(option);
}

/** The kinds that can have an option. */
export function kindsThatCanHave(option: string): readonly RouteKind[] {
  return ROUTE_KINDS.filter(kind => canHave(kind, option));
}

const UNSAFE: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Unsafe methods (RFC 9110 §9.2.1) among those that a file suffix can name. */
export function isUnsafe(method: string | undefined): boolean {
  return method !== undefined && UNSAFE.has(method);
}
