/** One fetch for several hosts: who has claimed a key asks, the others wait a little for what comes of it. */
export interface DistributedCacheLock {
  /** Whether the key is this process's to fetch, for so long at most. True as well where nobody can tell: then each asks for itself. */
  claim(key: string, forMs: number): Promise<boolean>;
  release(key: string): void;
}
