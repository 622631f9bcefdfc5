import type { Exchange } from '../core/exchange.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { LearntLimit, Limiter, Pressure } from '../core/ports/limiter.ts';
import type { LookupNews, NameResolver } from '../core/ports/name-resolver.ts';
import type { Connection, Target, Transport } from '../core/ports/transport.ts';
import type { Reply } from '../core/reply.ts';
import { byteSize } from '../define/byte-size.ts';
import { DEFAULTS } from '../define/defaults.ts';
import type { Service } from '../define/service.ts';
import { balancerOf } from './balance/balancer-of.ts';
import { copiesOf } from './copies-of.ts';
import { discover } from './discovery/discover.ts';
import { healthChecks } from './health/health-checks.ts';
import type { KnownAddresses } from './hygiene/known-addresses.ts';
import { type HygieneOptions, ResponseHygiene } from './hygiene/response-hygiene.ts';
import { AdaptiveLimit } from './limit/adaptive-limit.ts';
import { FixedBound } from './limit/bound.ts';
import { ServiceLimiter } from './limit/service-limiter.ts';
import type { Copies } from './mirror.ts';
import { AttemptTally } from './retry/attempt-tally.ts';
import { RetryBudget } from './retry/budget.ts';
import { Pace } from './retry/pace.ts';
import type { Shared } from './retry/sending.ts';
import { HttpProxyMiddlewareTransport } from './transport/http-proxy-middleware.ts';
import type { TransportParts } from './transport/parts.ts';
import { tlsConnectOptions } from './transport/tls-options.ts';
import { UndiciTransport } from './transport/undici.ts';

/** One service at run time: what all its call sites share. */
export interface Backend {
  readonly service: Service;
  readonly limiter: Limiter;
  /** What the attempts of all calls share, balancer and transport among it. */
  readonly shared: Shared;
  /** When its machines were looked for; undefined where they are listed. */
  readonly found: Promise<unknown> | undefined;
  /** Of its calls, to another service; undefined where it has none made. */
  readonly copies: Copies | undefined;
  /** Looks for no machine any more, and lets go of every connection. */
  close(): Promise<void>;
}

/** What the backends of a gateway share. */
export interface Surroundings extends Pick<HygieneOptions, 'leakGuard' | 'leaked'> {
  readonly clock: Clock;
  readonly known: KnownAddresses;
  readonly pressure: Pressure;
  /** What another process has learnt of services, by their names. */
  readonly learntLimits: Readonly<Record<string, LearntLimit>>;
  readonly resolver: NameResolver;
  /** Whether machines that are not listed are looked for, and those that are there checked. */
  readonly seeks: boolean;
  lookup(news: LookupNews): void;
}

export function createBackend(service: Service, surroundings: Surroundings): Backend {
  const { clock, known } = surroundings;
  const { balancer, groups } = balancerOf(service, clock);
  for (const { group } of groups) {
    const listed = { isPublic: service.options.public === true };
    group.watch(machines => known.add(machines, listed));
  }
  const transport = transportOf(service, surroundings);
  const lookouts = discover(surroundings.seeks ? groups : [], {
    ...surroundings,
    service: service.serviceName,
    transport,
  });
  const [stable] = lookouts;
  const checks = surroundings.seeks ? healthChecks(service, groups, transport, clock) : [];
  return {
    service,
    limiter: limiterOf(service, surroundings),
    shared: {
      balancer,
      transport,
      clock,
      budget: new RetryBudget(clock),
      pace: new Pace(),
      tally: new AttemptTally(),
      chance: Math.random,
    },
    // Nobody waits for a canary's machines: until they are found the others take its calls.
    found: stable?.first,
    copies: copiesOf(service, clock),
    async close() {
      for (const each of [...lookouts, ...checks]) each?.stop();
      await transport.close();
    },
  };
}

function limiterOf({ serviceName, options }: Service, { clock, pressure, learntLimits }: Surroundings): Limiter {
  const { concurrency = DEFAULTS.service.concurrency } = options;
  const chance = Math.random;
  return new ServiceLimiter({
    service: serviceName,
    bound:
      concurrency === 'adaptive'
        ? new AdaptiveLimit(chance, learntLimits[serviceName], clock.now())
        : new FixedBound(concurrency === false ? Number.POSITIVE_INFINITY : concurrency),
    streams: DEFAULTS.service.streams,
    clock,
    pressure,
    chance,
  });
}

function transportOf({ serviceName, options }: Service, surroundings: Surroundings): Transport {
  const {
    transport = DEFAULTS.service.transport,
    tls,
    cookies,
    expose = [],
    cacheGroups = DEFAULTS.service.cacheGroups,
    responseHeaders = DEFAULTS.service.responseHeaders,
  } = options;
  const shown = new Set(expose.map(name => name.toLowerCase()));
  const hygiene = new ResponseHygiene({ ...surroundings, service: serviceName, cookies, expose: shown, cacheGroups });
  const parts: TransportParts = {
    service: serviceName,
    clock: surroundings.clock,
    hygiene,
    tls: tlsConnectOptions(tls),
    headLimit: byteSize(responseHeaders),
  };
  const upgrades = new HttpProxyMiddlewareTransport(parts, typeof transport === 'object' ? transport : {});
  return transport === 'undici' ? new EitherTransport(new UndiciTransport(parts), upgrades) : upgrades;
}

/** HTTP by one transport, upgrades by the other. */
class EitherTransport implements Transport {
  readonly #http: Transport;
  readonly #upgrades: Transport;

  constructor(http: Transport, upgrades: Transport) {
    this.#http = http;
    this.#upgrades = upgrades;
  }

  send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
    return (x.upgrade === undefined ? this.#http : this.#upgrades).send(x, target, connection);
  }

  forget(target: Target): void {
    this.#http.forget(target);
    this.#upgrades.forget(target);
  }

  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#upgrades.close()]);
  }
}
