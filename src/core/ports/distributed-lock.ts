/** One fetch for several hosts: the host that holds the claim fetches, the others wait a little for the result. */
export interface DistributedCacheLock {
  /**
   * Whether this process may fetch the key, for so long at most. True as well where the store is not available: then
   * each process fetches for itself.
   */
  claim(key: string, forMs: number): Promise<boolean>;
  release(key: string): void;
}
