import { MemoryStore } from '../../src/policies/cache/storage/memory-store.ts';
import type { ReferenceCache } from './reference-caches.ts';

const ONE = { bytes: 4_000 };

/**
 * The memory store with room for that many responses of about one size. The caller has to yield to the event loop now
 * and then.
 */
export function asCache(max: number): ReferenceCache {
  const probe = new MemoryStore<typeof ONE>(10_000, 10_000);
  probe.set('/again/12345', ONE, 60_000);
  const store = new MemoryStore<typeof ONE>(max * probe.bytes, max * probe.bytes);
  return {
    ask: key => {
      if (store.get(key) !== undefined) return true;
      store.set(key, ONE, 3_600_000);
      return false;
    },
  };
}
