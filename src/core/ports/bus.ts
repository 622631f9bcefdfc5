import type { Purge } from '../purge.ts';

/** An event from one process of a gateway to the others. */
export interface BusEvent {
  readonly kind: 'purge';
  readonly purge: Purge;
  /** Whether the receiver passes it on to the other hosts, because the sender could not. */
  readonly relay?: true;
}

/** Carries events to every other process of the same gateway, and never back to the sender. */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(listener: (event: BusEvent) => void): void;
}
