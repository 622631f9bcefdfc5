import type { LoadedRoute } from '../config/loaded-route.ts';
import { type PassedNames, passedNames, uncoveredNames } from '../config/pass.ts';
import type { Service } from '../config/service.ts';
import { GatewayError } from '../core/failure.ts';
import type { WithheldListener } from '../core/ports/withheld-fields.ts';
import type { Part } from '../handlers/compiled-part.ts';
import { WithheldFieldsOfPart } from '../handlers/withheld-fields.ts';

/** What the services of a part get of a client's request, computed once for each. */
export function passing({ definition: route }: LoadedRoute, name: string): Part['passed'] {
  const { cache = false, pass } = route.aggregate?.[name] ?? {};
  const caches = { own: cache || undefined, composite: route.cache || undefined };
  const known = new Map<Service, PassedNames>();
  return service => {
    const found = known.get(service);
    if (found !== undefined) return found;
    const names = passedNames(service.options.pass, pass, caches.own?.vary);
    const uncovered = uncoveredNames(names, caches);
    // The loader reports it where it knows the service.
    if (uncovered.length > 0) throw notCovered(name, service, uncovered);
    known.set(service, names);
    return names;
  };
}

/** Whether a response of the part may depend on a header of the client: it gets it, or a function reads it. */
export function varying({ definition }: LoadedRoute, name: string, passed: Part['passed']): Part['mayVaryBy'] {
  const { headers } = definition.aggregate?.[name] ?? {};
  return (service, field) => {
    if (typeof headers === 'function' || typeof service.options.headers === 'function') return true;
    const names = passed(service);
    return names.headers.has(field) || (field === 'cookie' && names.cookies.size > 0) || field === '*';
  };
}

function notCovered(part: string, { serviceName }: Service, names: readonly string[]): GatewayError {
  const reason = `the cached part "${part}" gets what its key does not cover: ${serviceName} passes ${names.join(', ')}`;
  return new GatewayError('cache.uncovered_header', 'The response depends on something it may not', {
    cause: new Error(`${reason}; add it to the cache's \`vary\` or \`scope\`, or narrow the part's \`pass\``),
  });
}

/** Undefined unless a developer reads the log. */
export function lookOf(
  { label, definition }: LoadedRoute,
  name: string,
  report: WithheldListener | undefined,
): Part['look'] {
  if (report === undefined) return undefined;
  const { headers } = definition.aggregate?.[name] ?? {};
  const set = new Set(typeof headers === 'object' ? Object.keys(headers).map(field => field.toLowerCase()) : []);
  const withheld = new WithheldFieldsOfPart({ route: label, part: name }, field => set.has(field), report);
  return (client, passed, service) => withheld.look(client, passed, service);
}
