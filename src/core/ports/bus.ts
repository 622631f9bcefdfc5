import type { Purge } from '../purge.ts';

/** What one process of a gateway tells the others. */
export interface BusEvent {
  readonly kind: 'purge';
  readonly purge: Purge;
  /** Whether whoever hears it tells the other hosts: where it began, nobody could. */
  readonly relay?: true;
}

/** Carries events to every other process of the same gateway; never back to the one that published. */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(listener: (event: BusEvent) => void): void;
}
