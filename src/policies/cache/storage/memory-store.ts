import NodeCache from 'node-cache';
import type { CacheStore } from '../../../core/ports/cache-store.ts';
import { type Clock, systemClock } from '../../../core/ports/clock.ts';
import { QueuePosition } from './fifo-queue.ts';
import { S3Fifo } from './s3-fifo.ts';

/** In addition to the entry: the key's string, the map's slot, the surrounding objects. */
const OVERHEAD_BYTES = 1_024;
/** A map is rehashed at once from time to time, which took 20 ms with a quarter of a million entries in one. */
const MAPS = 64;
/** Maximum of evictions in one turn of the event loop, so that a large new entry does not block other requests. */
const MAX_EVICTED = 64;
/** Maximum of visits in one turn of the event loop. */
const VISITED = 1_000;
/** The number of entries checked for expiry at each set. */
const SWEPT = 4;

/**
 * Stored responses in this process, in node-cache with a byte budget of its own: node-cache would throw when full,
 * clone its values and sweep all keys at once. S3-FIFO decides on evictions.
 */
export class MemoryStore<Entry extends { readonly bytes: number }> implements CacheStore<Entry> {
  readonly #maps: readonly NodeCache[];
  readonly #budget: number;
  readonly #largest: number;
  readonly #clock: Clock;
  readonly #policy: S3Fifo<Entry>;
  /**
   * Entries without room yet, because enough were evicted in this turn. They may exceed the budget by `largest` for
   * some turns.
   */
  readonly #waiting = new Map<string, QueuePosition<Entry>>();
  #waitingBytes = 0;
  #evicted = 0;
  #swept: QueuePosition<Entry> | undefined;

  /** @param budget bytes for all entries. @param largest bytes of one entry; a larger one is not stored. */
  constructor(budget: number, largest: number, clock: Clock = systemClock) {
    this.#budget = budget;
    this.#largest = Math.min(largest, budget);
    this.#clock = clock;
    this.#policy = new S3Fifo(budget);
    this.#maps = Array.from({ length: MAPS }, () => {
      const map = new NodeCache({ useClones: false, checkperiod: 0 });
      return map.on('del', (_key: string, place: QueuePosition<Entry>) => this.#policy.remove(place));
    });
  }

  get bytes(): number {
    return this.#policy.bytes;
  }

  get size(): number {
    return this.#policy.size;
  }

  /** The number of evictions in this turn of the event loop. */
  get evictedInTurn(): number {
    return this.#evicted;
  }

  get(key: string): Entry | undefined {
    const place = this.#placeOf(key) ?? this.#waiting.get(key);
    if (place === undefined) return undefined;
    this.#policy.hit(place);
    return place.entry;
  }

  set(key: string, entry: Entry, keepForMs: number): void {
    this.#sweep();
    this.#stopWaiting(key);
    const bytes = entry.bytes + key.length * 2 + OVERHEAD_BYTES;
    if (bytes > this.#largest || keepForMs <= 0) this.#mapOf(key)?.del(key);
    else this.#put(new QueuePosition(key, entry, bytes, this.#clock.now() + keepForMs));
  }

  delete(key: string): void {
    this.#stopWaiting(key);
    this.#mapOf(key)?.del(key);
  }

  grow(key: string, bytes: number): void {
    const place = this.#placeOf(key) ?? this.#waiting.get(key);
    if (place === undefined) return;
    const grown = place.bytes + bytes;
    if (this.#stopWaiting(key)) {
      if (grown <= this.#largest) this.#put(place.withBytes(grown));
    } else if (grown > this.#largest || !this.#makeRoom(grown, place)) this.#mapOf(key)?.del(key);
    else this.#policy.grow(place, bytes);
  }

  /** Visits all current entries, a limited number in each turn of the event loop. */
  async walk(visit: (entry: Entry) => 'keep' | 'delete'): Promise<void> {
    const keys: string[] = [];
    for (let place = this.#policy.first; place !== undefined; place = this.#policy.next(place)) keys.push(place.key);
    for (const key of this.#waiting.keys()) keys.push(key);
    for (const [i, key] of keys.entries()) {
      if (i > 0 && i % VISITED === 0) await new Promise(resolve => setImmediate(resolve));
      const place = this.#placeOf(key) ?? this.#waiting.get(key);
      if (place !== undefined && visit(place.entry) === 'delete') this.delete(key);
    }
  }

  #placeOf(key: string): QueuePosition<Entry> | undefined {
    return this.#mapOf(key)?.get<QueuePosition<Entry>>(key);
  }

  /** Three characters are enough, since addresses differ at their ends. */
  #mapOf(key: string): NodeCache | undefined {
    const { length } = key;
    const sum = key.charCodeAt(length - 1) + 7 * key.charCodeAt(length - 2) + 31 * key.charCodeAt(length - 4) + length;
    // Too short a key gives NaN, which is 0 here.
    return this.#maps[sum & (MAPS - 1)];
  }

  #put(place: QueuePosition<Entry>): void {
    const old = this.#placeOf(place.key);
    if (this.#waiting.size === 0 && this.#makeRoom(place.bytes, old)) this.#admit(place, old);
    else this.#wait(place);
  }

  #admit(place: QueuePosition<Entry>, old: QueuePosition<Entry> | undefined): void {
    if (old?.queue === undefined) this.#policy.add(place);
    else this.#policy.renew(old, place);
    // Only a safety net below the store's own lifetimes, which use its own clock. Zero would mean for ever.
    this.#mapOf(place.key)?.set(place.key, place, Math.max(place.expiresAt - this.#clock.now(), 1) / 1_000);
  }

  /** Whether there is room for that many bytes in place of an old entry, which may itself be evicted. */
  #makeRoom(bytes: number, old: QueuePosition<Entry> | undefined): boolean {
    while (this.#policy.bytes - (old?.queue === undefined ? 0 : old.bytes) + bytes > this.#budget) {
      if (this.#evicted === MAX_EVICTED) return false;
      const place = this.#policy.evict();
      if (place === undefined) return false;
      if (this.#evicted++ === 0) setImmediate(() => this.#beginTurn());
      this.#mapOf(place.key)?.del(place.key);
    }
    return true;
  }

  #wait(place: QueuePosition<Entry>): void {
    this.#mapOf(place.key)?.del(place.key);
    if (this.#waitingBytes + place.bytes > this.#largest) return;
    this.#waiting.set(place.key, place);
    this.#waitingBytes += place.bytes;
  }

  #stopWaiting(key: string): boolean {
    const place = this.#waiting.get(key);
    if (place === undefined) return false;
    this.#waitingBytes -= place.bytes;
    return this.#waiting.delete(key);
  }

  #beginTurn(): void {
    this.#evicted = 0;
    for (const [key, place] of this.#waiting) {
      if (!this.#makeRoom(place.bytes, undefined)) return;
      this.#stopWaiting(key);
      this.#admit(place, undefined);
    }
  }

  #sweep(): void {
    const now = this.#clock.now();
    let place = this.#swept?.queue === undefined ? this.#policy.first : this.#swept;
    for (let looked = 0; looked < SWEPT && place !== undefined; looked++) {
      const next = this.#policy.next(place);
      if (place.expiresAt <= now) this.#mapOf(place.key)?.del(place.key);
      place = next;
    }
    this.#swept = place;
  }
}
