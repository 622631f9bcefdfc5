import type { Clock } from '../core/ports/clock.ts';
import type { ServiceReading } from '../core/ports/meter.ts';
import type { Service } from '../define/service.ts';
import { type Backend, createBackend } from './backend.ts';

/** One backend per service definition, whoever calls it. */
export class Backends {
  readonly #backends = new Map<Service, Backend>();

  of(service: Service, clock: Clock): Backend {
    let backend = this.#backends.get(service);
    if (backend === undefined) {
      backend = createBackend(service, clock);
      this.#backends.set(service, backend);
    }
    return backend;
  }

  readings(): ServiceReading[] {
    return [...this.#backends.values()].map(({ service, limiter, balancer }) => ({
      service: service.serviceName,
      inFlight: limiter.inFlight,
      streams: limiter.streams,
      ejected: balancer.targets().filter(({ ejected }) => ejected).length,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#backends.values()].map(({ transport }) => transport.close()));
  }
}
