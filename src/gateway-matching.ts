import type { ChainDependencies } from './chain/chain-dependencies.ts';
import { type CompiledRoute, compileOwnRoute, compileRoute } from './chain/route.ts';
import { csrfOfGateway } from './config/csrf.ts';

import type { Definitions, LoadedRoute } from './config/loaded-route.ts';
import { ownRoute } from './config/own-route.ts';
import { nearestRoute } from './config-loader/nearest-route.ts';
import type { Clock } from './core/ports/clock.ts';
import type { RequestReaderOptions } from './http/request-reader.ts';
import type { RoutedHandler } from './http/route-match.ts';
import type { OwnRoute } from './identity/open-identity.ts';
import type { OpenRecordings } from './recordings/open-recordings.ts';
import { compileTable } from './router/route-table.ts';

/** @param marked wraps the handlers of a replay. */
export function compiled(
  route: LoadedRoute,
  dependencies: ChainDependencies,
  marked: OpenRecordings['marked'],
): CompiledRoute {
  const own = compileRoute(route, dependencies);
  return marked === undefined ? own : { ...own, handler: marked(own.handler), upgrade: marked(own.upgrade) };
}

/** The routes of the sign-in, which go through the same chain as all others. */
export function signInRoutes(
  { gateway, gatewayFile = '' }: Definitions,
  routes: readonly OwnRoute[],
  dependencies: ChainDependencies,
): readonly CompiledRoute[] {
  const csrf = csrfOfGateway(gateway);
  const definition = csrf === undefined ? {} : { csrf };
  return routes.map(({ method, path, handler }) =>
    compileOwnRoute(ownRoute(gatewayFile, method, path, definition), handler, dependencies),
  );
}

/**
 * Puts the routes of the sign-in before those of every host, and for every method: a file that matches all paths of a
 * host would pass the codes of the provider to a backend.
 */
export function withSignIn(
  routes: readonly CompiledRoute[],
  clock: Clock,
  match: RequestReaderOptions['match'],
): RequestReaderOptions['match'] {
  if (routes.length === 0) return match;
  const matchSignIn = matchIn(routes, clock);
  return (method, host, segments) => {
    const found = matchSignIn(method, host, segments);
    return found.kind === 'none' ? match(method, host, segments) : found;
  };
}

/** Adds a health path, at which the gateway reports its readiness for every host. */
export function withHealth(
  path: string | undefined,
  isLeaving: () => boolean,
  match: RequestReaderOptions['match'],
): RequestReaderOptions['match'] {
  if (path === undefined) return match;
  const wanted = path.slice(1).split('/');
  return (method, host, segments) => {
    const isHealth = segments.length === wanted.length && wanted.every((segment, i) => segment === segments[i]);
    return isHealth ? { kind: 'health', isLeaving: isLeaving() } : match(method, host, segments);
  };
}

/** Names the nearest route where none matches: for a developer and an operator, not for clients in production. */
export function withSuggestion(
  { routes }: Definitions,
  match: RequestReaderOptions['match'],
): RequestReaderOptions['match'] {
  return (method, host, segments) => {
    const found = match(method, host, segments);
    return found.kind === 'none' ? { kind: 'none', near: nearestRoute(routes, segments) } : found;
  };
}

export function matchIn(routes: readonly CompiledRoute[], clock: Clock): RequestReaderOptions['match'] {
  return compileTable(
    routes.map(compiled => ({
      segments: compiled.route.segments,
      // Files are read, never written to.
      method: compiled.route.method ?? (compiled.route.kind === 'static' ? 'GET' : undefined),
      hosts: compiled.route.hosts,
      value: withPreflight(compiled, {
        label: compiled.route.label,
        file: compiled.route.file,
        handler: compiled.handler,
        upgrade: compiled.upgrade,
        writeLimit: { clock, idleMs: compiled.writeIdleMs },
        encodedSlashes: compiled.route.definition.encodedSlashes === true,
        takesBody: compiled.route.takesBody,
      }),
    })),
  ).match;
}

function withPreflight({ preflight }: CompiledRoute, routed: RoutedHandler): RoutedHandler {
  return preflight === undefined
    ? routed
    : { ...routed, preflight: { ...routed, handler: preflight, ownReply: preflight } };
}
