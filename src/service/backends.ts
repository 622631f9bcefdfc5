import type { Service } from '../config/service.ts';
import type { Balancer, TargetReading } from '../core/ports/balancer.ts';
import type { ServiceReading, TargetCondition } from '../core/ports/meter.ts';
import type { ServiceView, TargetView } from '../core/process-views.ts';
import { type Backend, createBackend, type UpstreamDependencies } from './backend.ts';
import { UpstreamAddresses } from './response-sanitizer/upstream-addresses.ts';

/** One backend per service definition, shared by all its callers. */
export class Backends {
  readonly #backends = new Map<Service, Backend>();
  readonly #known = new UpstreamAddresses();

  of(service: Service, dependencies: Omit<UpstreamDependencies, 'known'>): Backend {
    let backend = this.#backends.get(service);
    if (backend === undefined) {
      backend = createBackend(service, { ...dependencies, known: this.#known });
      this.#backends.set(service, backend);
    }
    return backend;
  }

  /** Those that have been called, or that a route always calls. */
  get services(): readonly Service[] {
    return [...this.#backends.keys()];
  }

  readings(): ServiceReading[] {
    return [...this.#backends.values()].map(({ service, limiter, copies, shared: { balancer, budget, tally } }) => ({
      service: service.serviceName,
      inFlight: limiter.inFlight,
      streams: limiter.streams,
      limit: limiter.limit,
      mode: limiter.mode,
      learned: limiter.learned,
      waiting: limiter.waiting,
      shed: limiter.shed,
      full: balancer.shed,
      targets: statesOf(balancer),
      ejections: balancer.ejections,
      copies: copies && { sent: copies.sent, dropped: copies.dropped },
      attempts: tally.findings,
      hedges: tally.hedges,
      retries: budget.taken,
      retriesRefused: budget.refused,
      retryBudget: budget.left,
    }));
  }

  views(): ServiceView[] {
    return [...this.#backends.values()].map(({ service, limiter, shared: { balancer } }) => ({
      service: service.serviceName,
      inFlight: limiter.inFlight,
      streams: limiter.streams,
      waiting: limiter.waiting,
      limit: Number.isFinite(limiter.limit) ? limiter.limit : undefined,
      mode: limiter.mode,
      learned: limiter.learned && {
        usualMs: limiter.learned.usualMs,
        meanMs: limiter.learned.meanMs,
        perSecond: limiter.learned.rate * 1_000,
      },
      targets: balancer.targets().map(targetView),
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#backends.values()].map(backend => backend.close()));
  }
}

function targetView({ target, aside, ...reading }: TargetReading): TargetView {
  return { origin: target.origin, state: aside ?? 'healthy', ...reading };
}

function statesOf(balancer: Balancer): Record<TargetCondition, number> {
  const states = { healthy: 0, ejected: 0, unhealthy: 0, backing_off: 0 };
  for (const { aside = 'healthy' } of balancer.targets()) states[aside]++;
  return states;
}
