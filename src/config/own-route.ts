import type { LoadedDefinition, LoadedRoute } from './loaded-route.ts';

/** A route of the gateway itself, at a plain path and for every host. @param file the file that configures it. */
export function ownRoute(
  file: string,
  method: 'GET' | 'POST',
  path: string,
  definition: LoadedDefinition = {},
): LoadedRoute {
  return {
    file,
    pattern: path,
    label: path,
    segments: path
      .slice(1)
      .split('/')
      .map(text => ({ kind: 'literal', text })),
    method,
    hosts: [],
    kind: 'handler',
    takesBody: false,
    definition,
  };
}
