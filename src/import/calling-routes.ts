import type { LoadedPart, LoadedRoute } from '../config/loaded-route.ts';
import { isCall, isService } from '../config/service.ts';

/** A route, or a part of one, that calls a service. */
export interface CallingRoute {
  readonly route: LoadedRoute;
  readonly part: { readonly name: string } | undefined;
  /** In lower case; undefined for every method. */
  readonly method: string | undefined;
  /** The path at the backend in the notation of routes; undefined if it is not known before a request. */
  readonly path: string | undefined;
  /** Names in the query that the call itself has. */
  readonly fixedQuery: ReadonlySet<string>;
  /** The schema of the response. */
  readonly response: unknown;
}

/** Those whose service is known without a request: a function that makes the call is not seen. */
export function callingRoutes(routes: readonly LoadedRoute[], service: string): readonly CallingRoute[] {
  return routes.flatMap(route => {
    const { proxy, aggregate = {}, response } = route.definition;
    const own = callOf(proxy, route.pattern, service);
    const parts = Object.entries(aggregate).flatMap(([name, part]) => partOf(route, name, part, service));
    if (own === undefined) return parts;
    return [{ route, part: undefined, method: route.method?.toLowerCase(), response, ...own }, ...parts];
  });
}

/** The names of all services that are called so. */
export function calledServices(routes: readonly LoadedRoute[]): readonly string[] {
  const targets = routes.flatMap(({ definition: { proxy, aggregate = {} } }): readonly unknown[] => {
    return [proxy, ...Object.values(aggregate).map(({ from }) => from)];
  });
  const names = targets.flatMap(target => {
    if (isService(target)) return target.serviceName;
    return isCall(target) ? target.service.serviceName : [];
  });
  return [...new Set(names)].sort();
}

function partOf(route: LoadedRoute, name: string, part: LoadedPart, service: string): readonly CallingRoute[] {
  const own = callOf(part.from, route.pattern, service);
  if (own === undefined) return [];
  return [{ route, part: { name }, method: (part.method ?? 'GET').toLowerCase(), response: part.response, ...own }];
}

function callOf(
  target: unknown,
  pattern: string,
  service: string,
): Pick<CallingRoute, 'path' | 'fixedQuery'> | undefined {
  const called = isService(target) ? { service: target, pattern } : isCall(target) ? target : undefined;
  if (called?.service.serviceName !== service) return undefined;
  const written = 'pattern' in called ? called.pattern : called.path;
  const [path = '', query = ''] = written.split('?');
  // An optional segment or a rest makes several paths.
  const isOne = !/\[\[|\[\.\.\./.test(path);
  return { path: isOne ? path : undefined, fixedQuery: new Set(new URLSearchParams(query).keys()) };
}
