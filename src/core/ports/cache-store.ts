/** Stores responses within a byte budget. Synchronous: a hit creates no promise. */
export interface CacheStore<Entry extends { readonly bytes: number }> {
  get(key: string): Entry | undefined;
  /** @param keepForMs the time after which the store may drop the entry. */
  set(key: string, entry: Entry, keepForMs: number): void;
  delete(key: string): void;
  /**
   * The entry at a key has grown by that many bytes, because a copy in a content encoding was made. No effect without
   * an entry.
   */
  grow(key: string, bytes: number): void;
  /** The size of all entries with keys and overhead; never above the budget. */
  readonly bytes: number;
  readonly size: number;
}
