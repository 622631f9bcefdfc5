import { isService, type Service } from '../config/service.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Chain } from './step.ts';

/** The chains of a call site whose service a function chooses: one per service so far. */
export class PerService {
  readonly #chains = new Map<Service, Chain>();
  readonly #make: (service: Service) => Chain;

  constructor(make: (service: Service) => Chain) {
    this.#make = make;
  }

  of(service: Service): Chain {
    let chain = this.#chains.get(service);
    if (chain === undefined) {
      chain = this.#make(service);
      this.#chains.set(service, chain);
    }
    return chain;
  }

  /** The chain of the service that the exchange calls. */
  for(x: Exchange): Chain {
    const service = x.call?.service;
    if (!isService(service)) throw new TypeError('a call goes to a service made by defineService');
    return this.of(service);
  }
}
