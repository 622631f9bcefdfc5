/**
 * The position of a process in the order of purges: the last shared epoch that it received, and the number of its own
 * purges.
 */
export interface PurgePosition {
  readonly epoch: number;
  readonly own: number;
}

/** Maximum of remembered positions: a response whose request took longer than that many purges is not stored. */
const MAX = 10_000;

/**
 * Numbers the purge positions of one process. Its own purges are ordered by their number at once, purges of others by
 * the shared epoch, which arrives late: so a position may seem older than it is, never newer.
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

  /** The number of its own purges. */
  get own(): number {
    return this.#latest().own;
  }

  /** Undefined for a forgotten position. */
  at(purgePosition: number): PurgePosition | undefined {
    return this.#moments.get(purgePosition);
  }

  /** Records an own purge; returns its number. */
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
