/**
 * The position of a process in the order of purges: the last shared epoch that it received, and the number of purges of
 * its own.
 */
export interface PurgePosition {
  readonly epoch: number;
  readonly own: number;
}

/** How many moments are remembered: what took longer than so many purges is not stored. */
const MAX = 10_000;

/**
 * Numbers the purge positions of one process. A purge of its own is ordered by its number at once; purges of others by
 * the shared epoch, which arrives late: so a position may seem older than it is, never younger.
 */
export class PurgeClock {
  readonly #moments = new Map<number, PurgePosition>();
  #now = 0;

  constructor() {
    this.#moments.set(0, { epoch: 0, own: 0 });
  }

  now(): number {
    return this.#now;
  }

  /** How many purges of its own it has made. */
  get own(): number {
    return this.#latest().own;
  }

  /** Undefined for what is too long ago. */
  at(purgePosition: number): PurgePosition | undefined {
    return this.#moments.get(purgePosition);
  }

  /** Another purge of one's own; returns its number. */
  purged(): number {
    const { epoch, own } = this.#latest();
    this.#note({ epoch, own: own + 1 });
    return own + 1;
  }

  heard(epoch: number): void {
    const { epoch: known, own } = this.#latest();
    if (epoch > known) this.#note({ epoch, own });
  }

  #latest(): PurgePosition {
    return this.#moments.get(this.#now) ?? { epoch: 0, own: 0 };
  }

  #note(moment: PurgePosition): void {
    this.#now++;
    this.#moments.set(this.#now, moment);
    this.#moments.delete(this.#now - MAX);
  }
}
