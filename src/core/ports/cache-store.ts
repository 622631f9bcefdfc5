/** Holds what may be answered again, within a byte budget. Synchronous: a hit makes no promise. */
export interface CacheStore<Entry extends { readonly bytes: number }> {
  get(key: string): Entry | undefined;
  /** @param keepForMs after which the store may forget the entry by itself. */
  set(key: string, entry: Entry, keepForMs: number): void;
  delete(key: string): void;
  /**
   * What is kept at a key takes that many bytes more now: a copy in a content encoding was made. Nothing happens where
   * nothing is kept.
   */
  grow(key: string, bytes: number): void;
  /** What the entries take, keys and overhead included; never above the budget. */
  readonly bytes: number;
  readonly size: number;
}
