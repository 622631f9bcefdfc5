/** What one process of a gateway tells the others. */
export interface BusEvent {
  readonly kind: 'purge';
  readonly tags: readonly string[];
}

/** Carries events to every other process of the same gateway; never back to the one that published. */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(listener: (event: BusEvent) => void): void;
}
