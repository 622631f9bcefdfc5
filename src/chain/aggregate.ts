import { DEFAULTS } from '../config/defaults.ts';
import type { LoadedPart, LoadedRoute } from '../config/loaded-route.ts';
import { compileSchema } from '../config/schema.ts';
import { isCall, isService } from '../config/service.ts';
import type { CallTarget } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import { aggregateHandler } from '../handlers/aggregate.ts';
import { batchCheck } from '../handlers/batch-check.ts';
import { type BatchOfPart, type FanOut, isDispensable, type Part } from '../handlers/compiled-part.ts';
import type { TimeLimit } from '../handlers/early-end.ts';
import { CheckedCall, REFUSALS_OF_BATCH } from '../handlers/part.ts';
import { bodyOfPart } from '../handlers/part-body.ts';
import { fixedCall } from '../handlers/proxy.ts';
import { streamedAggregateHandler } from '../handlers/streamed-aggregate.ts';
import { type CallSite, callChain, toService } from './call.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { MockedSources } from './mocked-sources.ts';
import { lookOf, passing, varying } from './part-passing.ts';
import { PerService } from './per-service.ts';
import { deadlinesOf, headLimit } from './policies.ts';
import { sharedCalls } from './shared-calls.ts';
import { siteName } from './site-name.ts';
import type { PartChain } from './step.ts';

/** The handler of an aggregate with its parts. */
interface Graph {
  readonly handler: Handler;
  readonly parts: readonly PartChain[];
}

/** The graph of an aggregate: every part is a call site of its own with all policies. */
export function aggregateEnd(route: LoadedRoute, dependencies: ChainDependencies): Graph {
  const { aggregate = {}, reply, response, stream = false } = route.definition;
  const shares = sharedCalls(aggregate);
  const sources = dependencies.mock && new MockedSources();
  const marked = (handler: Handler): Handler => sources?.ofAggregate(handler) ?? handler;
  const parts = Object.entries(aggregate).map(([name, definition]) => ({
    ...part(route, name, definition, dependencies, sources),
    shares: shares.get(name),
  }));
  const { traces } = dependencies;
  const limit = limitOf(route, dependencies);
  const earlyEnd = limit && { ...limit, ms: Math.floor(EARLY * limit.ms) };
  if (stream) return { handler: marked(streamedAggregateHandler(parts, { traces, earlyEnd, limit })), parts };
  if (reply === undefined) throw new TypeError(`${route.file} has no reply`);
  const check = compileSchema(response ?? {}, { coerce: false });
  const options = { reply, response: check, traces, earlyEnd, isStored: isStored(route) };
  return { handler: marked(aggregateHandler(parts, options)), parts };
}

function isStored({ definition: { cache = false } }: LoadedRoute): boolean {
  return cache !== false;
}

/** The share of a route's time after which parts that it can do without are ended. */
const EARLY = 0.85;

function limitOf({ definition }: LoadedRoute, { clock }: ChainDependencies): TimeLimit | undefined {
  const ms = headLimit(deadlinesOf(definition, undefined));
  return ms === undefined ? undefined : { ms, clock };
}

function part(
  route: LoadedRoute,
  name: string,
  definition: LoadedPart,
  dependencies: ChainDependencies,
  sources: MockedSources | undefined,
): Part & PartChain {
  const subjects = sources && definition.each && new WeakMap<CallTarget, unknown>();
  const site: CallSite = {
    route: route.label,
    id: `${route.file}#${name}`,
    part: name,
    service: undefined,
    serviceOf: ({ call }) => (isService(call?.service) ? call.service : undefined),
    name: siteName(route, name),
    address: route.pattern,
    policies: definition,
    keyedHeadersOnly: false,
    unconditional: true,
    byOrigin: false,
    isPartOfStored: isStored(route),
    expected: {
      response: definition.response,
      batch: definition.batch && { by: definition.batch.by, items: definition.batch.items },
      subjectOf: call => subjects?.get(call),
    },
  };
  const check = compileSchema(definition.response, { coerce: false });
  const limit = { bytes: dependencies.objectLimit };
  const { batch } = definition;
  const call = new CheckedCall(name, check, limit);
  const batchCall = batch && new CheckedCall(name, batchCheck(check, batch.items), limit, REFUSALS_OF_BATCH);
  const chains = new PerService(service =>
    toService(site, service, dependencies, next => (batchCall ?? call).reading(next)),
  );
  const passed = passing(route, name);
  const { from } = definition;
  const fixed = isCall(from) ? fixedCall(from) : undefined;
  // Errors in a fixed call's policies appear at load, not at the first request.
  if (isCall(from)) chains.of(from.service);
  const send: Handler = x => chains.for(x).handler(x);
  const end: Handler = batch === undefined ? send : x => x.call?.fetchItem?.(x) ?? send(x);
  const { steps, handler } = callChain(site, { steps: [], handler: end }, dependencies);
  return {
    name,
    definition,
    fixed,
    steps,
    handler: sources?.ofPart(handler) ?? handler,
    call,
    fanOut: fanOutOf(definition, batchCall && { call: batchCall, send }),
    site: site.name,
    shares: undefined,
    passed,
    mayVaryBy: varying(route, name, passed),
    isDispensable: isDispensable(definition),
    body: bodyOfPart(definition),
    remember: subjects && ((target, subject) => void subjects.set(target, subject)),
    look: lookOf(route, name, dependencies.withheld),
    called: x => chains.for(x).steps,
  };
}

function fanOutOf(
  { each, batch, concurrency = DEFAULTS.part.concurrency, cache = false }: LoadedPart,
  called: Pick<BatchOfPart, 'call' | 'send'> | undefined,
): FanOut | undefined {
  if (each === undefined) return undefined;
  const batchOf = batch && called && { ...batch, ...called, isStored: cache !== false };
  return { each, concurrency, batch: batchOf };
}
