import type { CacheStore } from '../../../core/ports/cache-store.ts';
import type { CacheTier, TierHit, TierRecord } from '../../../core/ports/cache-tier.ts';
import type { DistributedCacheLock } from '../../../core/ports/distributed-lock.ts';
import type { Purge } from '../../../core/purge.ts';
import type { CacheParts } from '../cache-parts.ts';
import type { CacheEntry } from './entry.ts';

/** Not from any tier, so a record with it is older than every purge. */
const UNKNOWN_PURGE_POSITION = -1;

/** The same parts with failures treated as an empty store, so that no request fails with the storage. */
export function faultTolerant(parts: CacheParts): CacheParts {
  return {
    ...parts,
    store: new FaultTolerantStore(parts.store),
    tiers: parts.tiers.map(tier => new FaultTolerantTier(tier)),
    lock: parts.lock && faultTolerantLock(parts.lock),
  };
}

class FaultTolerantStore implements CacheStore<CacheEntry> {
  readonly #store: CacheStore<CacheEntry>;

  constructor(store: CacheStore<CacheEntry>) {
    this.#store = store;
  }

  get bytes(): number {
    return attempt(() => this.#store.bytes, 0);
  }

  get size(): number {
    return attempt(() => this.#store.size, 0);
  }

  // A hit creates no closure.
  get(key: string): CacheEntry | undefined {
    try {
      return this.#store.get(key);
    } catch {
      return undefined;
    }
  }

  set(key: string, entry: CacheEntry, keepForMs: number): void {
    attempt(() => this.#store.set(key, entry, keepForMs), undefined);
  }

  delete(key: string): void {
    attempt(() => this.#store.delete(key), undefined);
  }

  grow(key: string, bytes: number): void {
    attempt(() => this.#store.grow(key, bytes), undefined);
  }
}

/** A failing tier does not keep others from receiving purges. */
export class FaultTolerantTier implements CacheTier {
  readonly #tier: CacheTier;

  constructor(tier: CacheTier) {
    this.#tier = tier;
  }

  get name(): string {
    return this.#tier.name;
  }

  purgePosition(): number {
    return attempt(() => this.#tier.purgePosition(), UNKNOWN_PURGE_POSITION);
  }

  async get(key: string): Promise<TierHit | undefined> {
    try {
      return await this.#tier.get(key);
    } catch {
      return undefined;
    }
  }

  set(key: string, record: TierRecord, keepForMs: number): void {
    attempt(() => this.#tier.set(key, record, keepForMs), undefined);
  }

  delete(key: string): void {
    attempt(() => this.#tier.delete(key), undefined);
  }

  purge(purge: Purge): void {
    attempt(() => this.#tier.purge(purge), undefined);
  }

  async close(): Promise<void> {
    try {
      await this.#tier.close();
    } catch {}
  }
}

function faultTolerantLock(lock: DistributedCacheLock): DistributedCacheLock {
  return {
    claim: async (key, forMs) => {
      try {
        return await lock.claim(key, forMs);
      } catch {
        // A superfluous fetch is harmless.
        return true;
      }
    },
    release: key => attempt(() => lock.release(key), undefined),
  };
}

function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
