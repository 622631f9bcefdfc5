import NodeCache from 'node-cache';
import type { CacheStore } from '../../core/ports/cache-store.ts';

/** Beside the entry itself: the key's string, the map's slot, the objects around. */
const OVERHEAD_BYTES = 512;

/**
 * Stored answers in this process, on node-cache under a byte budget of our own: it would throw when full, clone what it gives out and
 * sweep all keys at once. Entries that were used since the last round stay (second chance), the others go, oldest first.
 */
export class MemoryStore<Entry extends { readonly bytes: number }> implements CacheStore<Entry> {
  readonly #entries = new NodeCache({ useClones: false, checkperiod: 0 });
  readonly #budget: number;
  readonly #largest: number;
  readonly #order = new Map<string, { bytes: number; used: boolean }>();
  #bytes = 0;

  /** @param budget bytes for all entries. @param largest bytes of one entry; a larger one is not kept. */
  constructor(budget: number, largest: number) {
    this.#budget = budget;
    this.#largest = largest;
    this.#entries.on('del', (key: string) => this.forget(key));
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#order.size;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get<Entry>(key);
    if (entry === undefined) return undefined;
    const place = this.#order.get(key);
    if (place !== undefined) place.used = true;
    return entry;
  }

  set(key: string, entry: Entry, keepForMs: number): void {
    const bytes = entry.bytes + key.length * 2 + OVERHEAD_BYTES;
    this.delete(key);
    if (bytes > this.#largest || bytes > this.#budget || keepForMs <= 0) return;
    this.makeRoom(bytes);
    // Only a net below our own lifetimes, which are on our own clock.
    this.#entries.set(key, entry, keepForMs / 1000);
    this.#order.set(key, { bytes, used: false });
    this.#bytes += bytes;
  }

  delete(key: string): void {
    this.#entries.del(key);
  }

  grow(key: string, bytes: number): void {
    const place = this.#order.get(key);
    if (place === undefined) return;
    place.bytes += bytes;
    this.#bytes += bytes;
    this.makeRoom(0);
  }

  private makeRoom(bytes: number): void {
    for (const [key, place] of this.#order) {
      if (this.#bytes + bytes <= this.#budget) return;
      if (!place.used) {
        this.delete(key);
        continue;
      }
      place.used = false;
      this.#order.delete(key);
      this.#order.set(key, place);
    }
  }

  private forget(key: string): void {
    const place = this.#order.get(key);
    if (place === undefined) return;
    this.#order.delete(key);
    this.#bytes -= place.bytes;
  }
}
