import type { Bus, BusEvent } from '../../../../core/ports/bus.ts';
import type { SharedPurges } from './shared-purges.ts';

/** Delivers purges to the other hosts, including those that missed them at first. */
export class RedisBus implements Bus {
  readonly #purges: SharedPurges;

  constructor(purges: SharedPurges) {
    this.#purges = purges;
  }

  publish({ purge }: BusEvent): void {
    this.#purges.publish(purge);
  }

  subscribe(listener: (event: BusEvent) => void): void {
    this.#purges.subscribe(listener);
  }
}
