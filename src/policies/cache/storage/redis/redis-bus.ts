import type { Bus, BusEvent } from '../../../../core/ports/bus.ts';
import type { SharedPurges } from './shared-purges.ts';

/** Carries purges to the other hosts, those included that did not hear them at first. */
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
