import type { ServiceReading } from '../core/ports/meter.ts';
import type { Service } from '../define/service.ts';
import { type Backend, createBackend, type Surroundings } from './backend.ts';
import { KnownAddresses } from './hygiene/known-addresses.ts';

/** One backend per service definition, whoever calls it. */
export class Backends {
  readonly #backends = new Map<Service, Backend>();
  readonly #known = new KnownAddresses();

  of(service: Service, surroundings: Omit<Surroundings, 'known'>): Backend {
    let backend = this.#backends.get(service);
    if (backend === undefined) {
      backend = createBackend(service, { ...surroundings, known: this.#known });
      this.#backends.set(service, backend);
    }
    return backend;
  }

  readings(): ServiceReading[] {
    return [...this.#backends.values()].map(({ service, limiter, balancer }) => ({
      service: service.serviceName,
      inFlight: limiter.inFlight,
      streams: limiter.streams,
      limit: limiter.limit,
      shed: limiter.shed + balancer.shed,
      ejected: balancer.targets().filter(({ aside }) => aside !== undefined).length,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#backends.values()].map(({ transport }) => transport.close()));
  }
}
