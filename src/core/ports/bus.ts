import type { Purge } from '../purge.ts';

/** An event from one process of a gateway to the others. */
export interface BusEvent {
  readonly kind: 'purge';
  readonly purge: Purge;
  /** Whether the process that receives it passes it on to the other hosts, since the sender could not. */
  readonly relay?: true;
}

/** Carries events to every other process of the same gateway; never back to the one that published. */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(listener: (event: BusEvent) => void): void;
}
