import { FifoQueue, type QueuePosition } from './fifo-queue.ts';
import { GhostQueue } from './ghost-queue.ts';

/** The share of the budget for new entries before they are requested again. */
const SMALL_SHARE = 0.1;
const MAX_FREQUENCY = 3;
/**
 * Maximum of entries that get another round per eviction; then the next one is evicted even if it is in use, which
 * keeps evictions short.
 */
const MAX_ROUNDS = 1_000;

/**
 * Eviction by bytes: S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). New entries
 * enter a small queue; those with a hit there move to the main one, the rest is evicted early and stays in a ghost
 * queue for a while: an entry that returns in that time enters the main queue at once. There, each hit gives one more
 * round.
 */
export class S3Fifo<Entry> {
  readonly #small = new FifoQueue<Entry>();
  readonly #main = new FifoQueue<Entry>();
  readonly #ghost = new GhostQueue();
  readonly #smallBudget: number;

  /** @param budget bytes of all entries. The caller keeps it by evicting as needed. */
  constructor(budget: number) {
    this.#smallBudget = budget * SMALL_SHARE;
  }

  get bytes(): number {
    return this.#small.bytes + this.#main.bytes;
  }

  get size(): number {
    return this.#small.size + this.#main.size;
  }

  /** The start of a walk over all entries. */
  get first(): QueuePosition<Entry> | undefined {
    return this.#small.oldest ?? this.#main.oldest;
  }

  /** The next entry of that walk; undefined at its end, and after an entry that was removed. */
  next(place: QueuePosition<Entry>): QueuePosition<Entry> | undefined {
    return place.later ?? (place.queue === this.#small ? this.#main.oldest : undefined);
  }

  add(place: QueuePosition<Entry>): void {
    const queue = this.#ghost.take(place.key) ? this.#main : this.#small;
    queue.add(place);
  }

  /** A new entry for an existing key: it takes the position of the old one, and the renewal counts as a hit. */
  renew(old: QueuePosition<Entry>, place: QueuePosition<Entry>): void {
    const queue = old.queue ?? this.#small;
    queue.remove(old);
    place.frequency = old.frequency;
    this.hit(place);
    queue.add(place);
  }

  hit(place: QueuePosition<Entry>): void {
    if (place.frequency < MAX_FREQUENCY) place.frequency++;
  }

  remove(place: QueuePosition<Entry>): void {
    place.queue?.remove(place);
  }

  grow(place: QueuePosition<Entry>, bytes: number): void {
    place.bytes += bytes;
    if (place.queue !== undefined) place.queue.bytes += bytes;
  }

  /** Evicts one entry and returns it. */
  evict(): QueuePosition<Entry> | undefined {
    const early = this.#small.bytes >= this.#smallBudget || this.#main.size === 0;
    return (early ? this.#evictEarly() : undefined) ?? this.#evictLate();
  }

  #evictEarly(): QueuePosition<Entry> | undefined {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      const place = this.#small.oldest;
      if (place === undefined) return undefined;
      this.#small.remove(place);
      if (place.frequency <= 1) {
        this.#ghost.remember(place.key, this.#main.size);
        return place;
      }
      place.frequency = 0;
      this.#main.add(place);
    }
    return undefined;
  }

  #evictLate(): QueuePosition<Entry> | undefined {
    for (let rounds = 0; ; rounds++) {
      const place = this.#main.oldest;
      if (place === undefined) return undefined;
      this.#main.remove(place);
      if (place.frequency === 0 || rounds === MAX_ROUNDS) return place;
      place.frequency--;
      this.#main.add(place);
    }
  }
}
