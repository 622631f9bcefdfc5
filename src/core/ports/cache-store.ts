/** Holds what may be answered again, within a byte budget. Synchronous: a hit makes no promise. */
export interface CacheStore<Entry extends { readonly bytes: number }> {
  get(key: string): Entry | undefined;
  /** @param keepForMs after which the store may forget the entry by itself. */
  set(key: string, entry: Entry, keepForMs: number): void;
  delete(key: string): void;
  readonly bytes: number;
  readonly size: number;
}
