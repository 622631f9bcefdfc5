import { writtenDuration } from '../config/duration.ts';
import type { AnyContext } from '../config/loaded-route.ts';
import type { Cache, CallPolicy, Fallback } from '../config/policies.ts';
import type { RequestHeaders } from '../config/request-headers.ts';
import type { Service } from '../config/service.ts';
import type { ServiceToken } from '../config/service-token.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { MockedSite } from '../core/ports/backend-mock.ts';
import { responseReply } from '../handlers/value-response.ts';
import type { BreakerPolicy } from '../policies/breaker/circuit.ts';
import { breaker } from '../policies/breaker/stage.ts';
import { dependencies } from '../policies/cache/dependencies.ts';
import { cache } from '../policies/cache/stage.ts';
import { deadline } from '../policies/deadline.ts';
import { fallback } from '../policies/fallback.ts';
import { token, tokenDecision } from '../service/token.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { circuitNow } from './current-state.ts';
import { mirrorStep } from './mirror.ts';
import {
  breakerOf,
  cacheOf,
  deadlinesOf,
  headLimit,
  hedgeOf,
  lifetimeDescription,
  priorityOf,
  retryOf,
} from './policies.ts';
import { serviceChain } from './service.ts';
import { type Chain, compose, present, type Step } from './step.ts';

/** A place where calls are made: a route, or a part of one. */
export interface CallSite {
  /** The route's label. */
  readonly route: string;
  /** File and part, unique for each site. */
  readonly id: string;
  readonly part: string | undefined;
  /** The service that it calls, if it is known before a request. */
  readonly service: string | undefined;
  /** The service that a request calls, if it is known before its cache. */
  serviceOf(x: Exchange): Service | undefined;
  /** Its name for operators. */
  readonly name: string;
  /** The route's address in the notation of its file. */
  readonly address: string;
  readonly policies: CallPolicy & {
    readonly cache?: Cache<AnyContext> | false;
    readonly fallback?: Fallback<AnyContext, unknown>;
    readonly headers?: RequestHeaders<AnyContext>;
  };
  /** Whether the response comes from a team's own function, which sees only headers in the cache key. */
  readonly keyedHeadersOnly: boolean;
  /** Whether the combined response is stored. */
  readonly isPartOfStored: boolean;
  /**
   * Whether stored bodies are encoded by the gateway, once per content encoding, and the backend gets `Accept-Encoding:
   * identity`.
   */
  readonly unconditional: boolean;
  /** Whether responses are stored for each Origin apart, because the backend decides what pages may read. */
  readonly byOrigin: boolean;
  /** What a mock of the service responds with. */
  readonly expected: Pick<MockedSite, 'response' | 'batch' | 'subjectOf'>;
}

/** First half of the call chain: fallback → cache. The rest may depend on the called service. */
export function callChain(site: CallSite, end: Chain, dependencies: ChainDependencies): Chain {
  const caching = cacheStep(site, dependencies) ?? dependenciesStep(site, dependencies);
  const chain = compose(present(fallbackStep(site), caching), end.handler);
  return { steps: [...chain.steps, ...end.steps], handler: chain.handler };
}

/** Second half of the call chain: deadline → breaker → end. */
export function boundedChain(
  site: CallSite,
  service: Service | undefined,
  end: Chain | Handler,
  dependencies: ChainDependencies,
): Chain {
  const { handler, steps: below } = typeof end === 'function' ? { handler: end, steps: [] } : end;
  const chain = compose(
    present(deadlineStep(site, service, dependencies), breakerStep(site, service, dependencies)),
    handler,
  );
  return { steps: [...chain.steps, ...below], handler: chain.handler };
}

/**
 * A call to a service: deadline → breaker → token → limit → mirror → headers → retry(balance → transport).
 * @param around wraps the service's response inside the deadline: a part's response is read and validated there.
 */
export function toService(
  site: CallSite,
  service: Service,
  dependencies: ChainDependencies,
  around: (next: Handler) => Handler = next => next,
): Chain {
  const { handler, steps } = serviceEnd(site, service, dependencies);
  return boundedChain(site, service, { handler: around(handler), steps }, dependencies);
}

function serviceEnd(site: CallSite, service: Service, dependencies: ChainDependencies): Chain {
  const { mock, calls } = dependencies;
  const place = { service: service.serviceName, site: site.name };
  if (mock !== undefined) {
    const handler = mock.handlerOf({ ...site.expected, name: site.name, service: service.serviceName });
    return { steps: [], handler: calls === undefined ? handler : calls.around(handler, place) };
  }
  const policies = {
    retry: retryOf(site.policies, service.options),
    hedge: hedgeOf(site.policies, service.options),
    priority: priorityOf(site.policies, service.options),
    headers: [service.options.headers, site.policies.headers].filter(headers => headers !== undefined),
  };
  const backend = dependencies.backend(service);
  const chain = serviceChain(backend, policies, {
    copied: calls?.isOffline === true ? undefined : mirrorStep(backend, dependencies),
    around: calls && (send => calls.around(send, place)),
  });
  const step = tokenStep(service, dependencies);
  if (step === undefined) return chain;
  return { handler: step.stage(chain.handler), steps: [step, ...chain.steps] };
}

// Inside of the breaker, so that waiting for the identity provider holds no permit of the service.
function tokenStep({ options: { token: wanted } }: Service, { identity }: ChainDependencies): Step | undefined {
  if (wanted === undefined || identity === undefined) return undefined;
  return {
    name: 'token',
    policy: `token ${tokenText(wanted)}`,
    stage: token(wanted, identity.tokens),
    decides: x => tokenDecision(wanted, x, identity.keepsTokens),
  };
}

function tokenText(wanted: ServiceToken): string {
  if (wanted === 'user') return 'of the user';
  return 'exchange' in wanted ? `of the user for ${wanted.exchange}` : `of the gateway with ${wanted.client.join(' ')}`;
}

function fallbackStep({ policies }: CallSite): Step | undefined {
  const lastWord = policies.fallback;
  if (lastWord === undefined || lastWord === false) return undefined;
  return { name: 'fallback', policy: 'fallback', stage: fallback(lastWord, responseReply) };
}

function cacheStep(site: CallSite, dependencies: ChainDependencies): Step | undefined {
  const by = site.part === undefined ? 'client' : 'call';
  const policy = cacheOf(
    site.policies.cache,
    {
      site: site.id,
      service: site.service ?? site.id,
      callMs: x => headLimit(deadlinesOf(site.policies, site.serviceOf(x)?.options)),
    },
    { by, keyedHeadersOnly: site.keyedHeadersOnly, unconditional: site.unconditional, byOrigin: site.byOrigin },
    dependencies.objectLimit,
  );
  if (policy === undefined || !site.policies.cache) return undefined;
  const { ttl, swr, staleIfError } = site.policies.cache;
  const meter = dependencies.meter.callSite(site.route, site.part);
  const words = [
    `cache ${lifetimeDescription(ttl)}`,
    swr && `swr ${swr}`,
    staleIfError && `stale-if-error ${staleIfError}`,
  ];
  return {
    name: 'cache',
    policy: words.filter(word => word !== undefined).join(', '),
    ...cache(policy, dependencies.cache, result => meter.cache(result)),
  };
}

// It is hidden, because it is not a policy of the part but of the combined response.
function dependenciesStep(site: CallSite, { clock }: ChainDependencies): Step | undefined {
  if (!site.isPartOfStored) return undefined;
  return { name: 'dependencies', policy: 'no cache of its own', stage: dependencies(clock) };
}

function deadlineStep(site: CallSite, service: Service | undefined, { clock }: ChainDependencies): Step | undefined {
  const limits = deadlinesOf(site.policies, service?.options);
  if (limits === undefined) return undefined;
  const who = site.part ?? service?.serviceName ?? 'The response';
  const total = limits.totalMs === undefined ? '' : `, total ${writtenDuration(limits.totalMs)}`;
  const head = limits.headersMs === undefined ? 'none' : writtenDuration(limits.headersMs);
  return { name: 'deadline', policy: `timeout ${head}${total}`, stage: deadline(limits, clock, who) };
}

function breakerStep(site: CallSite, service: Service | undefined, dependencies: ChainDependencies): Step | undefined {
  const policy = breakerOf(site.policies, service?.options);
  if (policy === undefined) return undefined;
  const meter = dependencies.meter.callSite(site.route, site.part);
  const called = service?.serviceName ?? site.route;
  const circuit = dependencies.circuits.of({ site: site.name, service: called, who: site.part ?? called }, policy);
  meter.breaker(circuit.state);
  circuit.watch(state => {
    meter.breaker(state);
    if (state === 'open') meter.breakerOpened();
  });
  const stage = breaker(circuit, () => meter.breakerRefused());
  return { name: 'breaker', policy: breakerText(policy), stage, now: () => circuitNow(circuit.reading) };
}

function breakerText({ errorPercent, slow, name }: BreakerPolicy): string {
  const slowness = slow === undefined ? '' : `, ${slow.percent}% slower than ${writtenDuration(slow.headersMs)}`;
  return `breaker ${name === undefined ? '' : `${name} `}${errorPercent}%${slowness}`;
}
