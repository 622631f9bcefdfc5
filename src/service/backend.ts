import type { Exchange } from '../core/exchange.ts';
import type { Balancer } from '../core/ports/balancer.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Limiter } from '../core/ports/limiter.ts';
import type { Connection, Target, Transport } from '../core/ports/transport.ts';
import type { Reply } from '../core/reply.ts';
import { DEFAULTS } from '../define/defaults.ts';
import { durationMs } from '../define/duration.ts';
import type { Service } from '../define/service.ts';
import { RoundRobin } from './balance.ts';
import { FixedLimiter } from './limit.ts';
import { targetsOf } from './targets.ts';
import { HttpProxyMiddlewareTransport } from './transport/http-proxy-middleware.ts';
import { UndiciTransport } from './transport/undici.ts';

/** One service at run time: what all its call sites share. */
export interface Backend {
  readonly service: Service;
  readonly limiter: Limiter;
  readonly balancer: Balancer;
  readonly transport: Transport;
}

export function createBackend(service: Service, clock: Clock): Backend {
  const { concurrency = DEFAULTS.service.concurrency } = service.options;
  const most = concurrency === false ? Number.POSITIVE_INFINITY : concurrency;
  const { ejection } = DEFAULTS;
  const policy = {
    failures: ejection.failures,
    firstMs: durationMs(ejection.first),
    longestMs: durationMs(ejection.longest),
    mostShare: ejection.mostShare,
    panicShare: ejection.panicShare,
  };
  return {
    service,
    limiter: new FixedLimiter(service.serviceName, most, DEFAULTS.service.streams),
    balancer: new RoundRobin(targetsOf(service), policy, clock),
    transport: new EitherTransport(
      new UndiciTransport(service.serviceName, clock),
      new HttpProxyMiddlewareTransport(service.serviceName, clock),
    ),
  };
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

  async close(): Promise<void> {
    await Promise.all([this.#http.close(), this.#upgrades.close()]);
  }
}
