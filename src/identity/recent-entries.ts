/**
 * A map with a bounded number of entries, which forgets the oldest half of them at once: two maps take turns, and an
 * entry that is read moves to the newer one.
 */
export class RecentEntries<T> {
  readonly #max: number;
  #recent = new Map<string, T>();
  #older = new Map<string, T>();

  /** @param max the most entries. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get(key: string): T | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, entry: T): void {
    if (this.#recent.size * 2 >= this.#max) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#older.delete(key);
    this.#recent.set(key, entry);
  }
}
