import { resolve } from 'node:path';
import { byteSize } from '../../../config/byte-size.ts';
import type { CacheStores, RedisStore } from '../../../config/cache-stores.ts';
import { DEFAULTS } from '../../../config/defaults.ts';
import { redisUrlMistake } from '../../../config/redis-url.ts';
import type { Bus } from '../../../core/ports/bus.ts';
import type { CacheTier, TierListener } from '../../../core/ports/cache-tier.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../../core/ports/distributed-lock.ts';
import type { SharedRateCounts } from '../../../core/ports/rate-counts.ts';
import type { SharedSessionStore } from '../../../core/ports/session-records.ts';
import { DiskTier } from './disk/disk-tier.ts';
import type { RedisBus } from './redis/redis-bus.ts';

export interface StorageDependencies {
  /** The project's folder. */
  readonly dir: string;
  readonly clock: Clock;
  readonly listener: TierListener;
  /** Between the processes of this host. */
  readonly bus: Bus | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The storage behind the memory of this process, nearest first, and the receivers of purges. */
export interface OpenStorage {
  readonly tiers: readonly CacheTier[];
  readonly bus: Bus | undefined;
  readonly lock: DistributedCacheLock | undefined;
  /** The counts of rate limits that hosts share. */
  readonly rates: SharedRateCounts | undefined;
  /** The sessions that hosts share. */
  readonly sessions: SharedSessionStore | undefined;
}

/**
 * Opens the stores. Resolves when the local ones are usable, since earlier responses could not be stored there; Redis
 * is connected in the background.
 * @param stores undefined for none, whatever the environment contains.
 * @throws TypeError for an invalid REDIS_URL.
 */
export async function openStorage(
  stores: CacheStores | undefined,
  dependencies: StorageDependencies,
): Promise<OpenStorage> {
  const { dir, clock, listener, bus, env } = dependencies;
  if (stores === undefined) return { tiers: [], bus, lock: undefined, rates: undefined, sessions: undefined };
  const redis = redisOf(stores, env.REDIS_URL);
  const disk = typeof stores.disk === 'string' ? { path: stores.disk } : stores.disk;
  const tiers: CacheTier[] = [];
  if (disk !== undefined) {
    const size = byteSize(disk.size ?? DEFAULTS.cache.disk.size);
    const tier = new DiskTier({ path: resolve(dir, disk.path), size, listener, clock });
    tiers.push(tier);
    await tier.opening;
  }
  if (redis === undefined) return { tiers, bus, lock: undefined, rates: undefined, sessions: undefined };
  const { url, prefix = DEFAULTS.cache.redis.prefix, singleFlight = DEFAULTS.cache.redis.singleFlight } = redis;
  // A gateway without Redis does not load its client.
  const { openRedis } = await import('./redis/redis.ts');
  const shared = openRedis({ url, prefix, listener, clock });
  return {
    tiers: [...tiers, shared.tier],
    bus: bus === undefined ? shared.bus : bothBuses(bus, shared.bus),
    lock: singleFlight ? shared.tier : undefined,
    rates: shared.rates,
    sessions: shared.sessions,
  };
}

/** The environment wins over the file. An empty variable counts as unset. */
function redisOf({ redis }: CacheStores, url: string | undefined): RedisStore | undefined {
  const written = typeof redis === 'string' ? { url: redis } : redis;
  if (url === undefined || url === '') return written;
  const mistake = redisUrlMistake(url);
  if (mistake !== undefined) throw new TypeError(`REDIS_URL ${mistake}`);
  return { ...written, url };
}

/**
 * Each process publishes to its siblings and to the other hosts; an event from a sibling has already reached the other
 * hosts. A command to all processes of a host is relayed by one of them.
 */
function bothBuses(siblings: Bus, otherHosts: RedisBus): Bus {
  return {
    publish: event => {
      siblings.publish(event);
      otherHosts.publish(event);
    },
    subscribe: listener => {
      siblings.subscribe(event => {
        listener(event);
        if (event.relay === true) otherHosts.publish(event);
      });
      otherHosts.subscribe(listener);
    },
  };
}
