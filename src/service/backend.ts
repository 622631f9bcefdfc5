import { byteSize } from '../config/byte-size.ts';
import { DEFAULTS } from '../config/defaults.ts';
import type { Service } from '../config/service.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { LearnedLimit, Limiter, Pressure } from '../core/ports/limiter.ts';
import type { Meter } from '../core/ports/meter.ts';
import type { LookupNews, NameResolver } from '../core/ports/name-resolver.ts';
import type { Transport } from '../core/ports/transport.ts';
import { TraceIds } from '../core/trace-ids.ts';
import { balancerOf } from './balance/balancer-of.ts';
import { discover } from './discovery/discover.ts';
import { healthChecks } from './health/health-checks.ts';
import { AdaptiveLimit } from './limit/adaptive-limit.ts';
import { FixedLimit } from './limit/limit.ts';
import { ServiceLimiter } from './limit/service-limiter.ts';
import { type MirroredCalls, mirroredCallsOf } from './mirror.ts';
import { ResponseSanitizer, type ResponseSanitizerOptions } from './response-sanitizer/response-sanitizer.ts';
import type { UpstreamAddresses } from './response-sanitizer/upstream-addresses.ts';
import { AttemptCounter } from './retry/attempt-counter.ts';
import { RetryBudget } from './retry/budget.ts';
import { LatencyHistogram } from './retry/latency-histogram.ts';
import type { RetryDependencies } from './retry/retrying-call.ts';
import { HttpProxyMiddlewareTransport } from './transport/http-proxy-middleware.ts';
import type { TransportParts } from './transport/parts.ts';
import { tlsConnectOptions } from './transport/tls-options.ts';
import { UndiciTransport } from './transport/undici.ts';

/** One service at run time, shared by all its call sites. */
export interface Backend {
  readonly service: Service;
  readonly limiter: Limiter;
  /** Shared by the attempts of all calls, including balancer and transport. */
  readonly shared: RetryDependencies;
  /** Resolves after the first discovery; undefined for listed targets. */
  readonly found: Promise<unknown> | undefined;
  /** The mirrored calls to another service; undefined without a mirror. */
  readonly copies: MirroredCalls | undefined;
  /** Stops discovery and closes every connection. */
  close(): Promise<void>;
}

/** Shared by the backends of a gateway. */
export interface UpstreamDependencies extends Pick<ResponseSanitizerOptions, 'leakGuard' | 'leaked' | 'isOwnCookie'> {
  readonly clock: Clock;
  readonly known: UpstreamAddresses;
  readonly meter: Pick<Meter, 'service'>;
  readonly pressure: Pressure;
  /** The learned limits of another process by service. */
  readonly initialLimits: Readonly<Record<string, LearnedLimit>>;
  readonly resolver: NameResolver;
  /** Whether discovery and health checks run. */
  readonly seeks: boolean;
  lookup(news: LookupNews): void;
}

export function createBackend(service: Service, dependencies: UpstreamDependencies): Backend {
  const { clock, known } = dependencies;
  const { balancer, pools } = balancerOf(service, clock);
  for (const { pool } of pools) {
    const listed = { isPublic: service.options.public === true };
    pool.watch(targets => known.add(targets, listed));
  }
  const transport = transportOf(service, dependencies);
  const pollers = discover(dependencies.seeks ? pools : [], {
    ...dependencies,
    service: service.serviceName,
    transport,
  });
  const [stable] = pollers;
  const checks = dependencies.seeks ? healthChecks(service, pools, transport, clock) : [];
  return {
    service,
    limiter: limiterOf(service, dependencies),
    shared: {
      service: service.serviceName,
      balancer,
      transport,
      clock,
      budget: new RetryBudget(clock),
      pace: new LatencyHistogram(),
      tally: new AttemptCounter(),
      meter: dependencies.meter.service(service.serviceName),
      traces: new TraceIds(),
      chance: Math.random,
    },
    // Calls do not wait for a canary's discovery; until then the stable targets take its calls.
    found: stable?.first,
    copies: mirroredCallsOf(service, clock),
    async close() {
      for (const each of [...pollers, ...checks]) each?.stop();
      await transport.close();
    },
  };
}

function limiterOf(
  { serviceName, options }: Service,
  { clock, pressure, initialLimits }: UpstreamDependencies,
): Limiter {
  const { concurrency = DEFAULTS.service.concurrency } = options;
  const chance = Math.random;
  return new ServiceLimiter({
    service: serviceName,
    bound:
      concurrency === 'adaptive'
        ? new AdaptiveLimit(chance, initialLimits[serviceName], clock.now())
        : new FixedLimit(concurrency === false ? Number.POSITIVE_INFINITY : concurrency),
    streams: DEFAULTS.service.streams,
    clock,
    pressure,
    chance,
  });
}

function transportOf({ serviceName, options }: Service, dependencies: UpstreamDependencies): Transport {
  const {
    transport = DEFAULTS.service.transport,
    tls,
    cookies,
    expose = [],
    cacheGroups = DEFAULTS.service.cacheGroups,
    responseHeaders = DEFAULTS.service.responseHeaders,
  } = options;
  const shown = new Set(expose.map(name => name.toLowerCase()));
  const hygiene = new ResponseSanitizer({ ...dependencies, service: serviceName, cookies, expose: shown, cacheGroups });
  const parts: TransportParts = {
    service: serviceName,
    clock: dependencies.clock,
    hygiene,
    tls: tlsConnectOptions(tls),
    headLimit: byteSize(responseHeaders),
  };
  const upgrades = new HttpProxyMiddlewareTransport(parts, typeof transport === 'object' ? transport : {});
  return transport === 'undici' ? new UndiciTransport(parts, upgrades) : upgrades;
}
