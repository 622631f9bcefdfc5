/** One fetch for several hosts: the host with the claim fetches, the others wait briefly for the result. */
export interface DistributedCacheLock {
  /**
   * Whether this process may fetch the key, for at most that time. Also true if the store is unavailable, so that each
   * process fetches for itself.
   */
  claim(key: string, forMs: number): Promise<boolean>;
  release(key: string): void;
}
