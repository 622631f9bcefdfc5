import type { LoadedPart, LoadedRoute } from '../config/loaded-route.ts';
import { compileSchema } from '../config/schema.ts';
import type { Handler } from '../core/handler.ts';
import { aggregateHandler } from '../handlers/aggregate.ts';
import type { EarlyEndPolicy } from '../handlers/early-end.ts';
import { isDispensable, type Part } from '../handlers/gathering.ts';
import { CheckedCall } from '../handlers/part.ts';
import { partBodyOf } from '../handlers/part-request.ts';
import { fixedCall } from '../handlers/proxy.ts';
import { type CallSite, callChain, toService } from './call.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { lookOf, passing, varying } from './part-passing.ts';
import { PerService } from './per-service.ts';
import { deadlinesOf } from './policies.ts';
import { siteName } from './site-name.ts';
import type { PartChain } from './step.ts';

/** The handler of an aggregate with its parts. */
interface Graph {
  readonly handler: Handler;
  readonly parts: readonly PartChain[];
}

/** The graph of an aggregate: every part is a call site of its own with all policies. */
export function aggregateEnd(route: LoadedRoute, dependencies: ChainDependencies): Graph {
  const { aggregate = {}, reply, response } = route.definition;
  if (reply === undefined) throw new TypeError(`${route.file} has no reply`);
  const parts = Object.entries(aggregate).map(([name, definition]) => part(route, name, definition, dependencies));
  const check = compileSchema(response ?? {}, { coerce: false });
  const { traces } = dependencies;
  const earlyEnd = earlyEndOf(route, dependencies);
  const options = { reply, response: check, traces, earlyEnd, isStored: isStored(route) };
  return { handler: aggregateHandler(parts, options), parts };
}

function isStored({ definition: { cache = false } }: LoadedRoute): boolean {
  return cache !== false;
}

/** The share of a route's time after which parts that it can do without are ended. */
const EARLY = 0.85;

function earlyEndOf({ definition }: LoadedRoute, { clock }: ChainDependencies): EarlyEndPolicy | undefined {
  const { headersMs, totalMs } = deadlinesOf(definition, undefined) ?? {};
  const ms = Math.min(headersMs ?? Number.POSITIVE_INFINITY, totalMs ?? Number.POSITIVE_INFINITY);
  return ms === Number.POSITIVE_INFINITY ? undefined : { ms: Math.floor(EARLY * ms), clock };
}

function part(
  route: LoadedRoute,
  name: string,
  definition: LoadedPart,
  dependencies: ChainDependencies,
): Part & PartChain {
  const site: CallSite = {
    route: route.label,
    id: `${route.file}#${name}`,
    part: name,
    service: undefined,
    name: siteName(route, name),
    address: route.pattern,
    policies: definition,
    keyedHeadersOnly: false,
    unconditional: true,
    isPartOfStored: isStored(route),
  };
  const check = compileSchema(definition.response, { coerce: false });
  const call = new CheckedCall(name, check, { bytes: dependencies.objectLimit });
  const chains = new PerService(service => toService(site, service, dependencies, next => call.reading(next)));
  const { from } = definition;
  // Errors in a fixed call's policies appear at load, not at the first request.
  if (typeof from !== 'function') chains.of(from.service);
  const { steps, handler } = callChain(site, { steps: [], handler: x => chains.for(x).handler(x) }, dependencies);
  const passed = passing(route, name);
  const fixed = typeof from === 'function' ? undefined : fixedCall(from);
  return {
    name,
    definition,
    fixed,
    steps,
    handler,
    call,
    passed,
    mayVaryBy: varying(route, name, passed),
    isDispensable: isDispensable(definition),
    bodyOf: partBodyOf(definition),
    look: lookOf(route, name, dependencies.withheld),
    called: x => chains.for(x).steps,
  };
}
