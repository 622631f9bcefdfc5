/** A larger entry is not handed over: each process fetches it. */
export const MAX_HANDED_BYTES = 1024 ** 2;

/** A stored entry on its way to another process of this host: its key, and the entry as a tier would keep it. */
export interface HandedEntry {
  readonly key: string;
  readonly bytes: Buffer;
}

/** What became of a fetch: `stored`, `unshared` if its response is for one client only, or `nothing`. */
export type FetchOver = 'stored' | 'unshared' | 'nothing';

/** What a process is to do for a key that its memory lacks. */
export type SiblingClaim =
  /** Fetch it. Others wait until `over` is called, for a limited time; then `entries` is called for those who wait. */
  | { readonly kind: 'ours'; over(result: FetchOver, entries: () => readonly HandedEntry[]): void }
  /** Take what another process has stored. */
  | { readonly kind: 'stored'; readonly entries: readonly HandedEntry[] }
  /** Fetch it for each client: another process got a response for one client. */
  | { readonly kind: 'unshared' }
  /** A purge came meanwhile: claim it once more. */
  | { readonly kind: 'again' }
  /** Fetch it, and nobody waits. */
  | { readonly kind: 'alone' };

/** One fetch for all processes of a host: one of them fetches, the others wait for what it stores. */
export interface SiblingFetches {
  /**
   * It never rejects.
   * @param patienceMs how long it waits at most, in milliseconds; Infinity leaves it to the other processes.
   */
  claim(key: string, patienceMs: number): Promise<SiblingClaim>;
}
