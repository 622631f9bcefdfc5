import type { TierListener } from '../../../../core/ports/cache-tier.ts';
import type { Clock } from '../../../../core/ports/clock.ts';
import { RedisBus } from './redis-bus.ts';
import { RedisTier } from './redis-tier.ts';
import { SharedPurges } from './shared-purges.ts';

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and number of the database where they are needed. */
  readonly url: string;
  /** What all keys begin with. */
  readonly prefix: string;
  readonly listener: TierListener;
  readonly clock?: Clock;
}

/** What the hosts of one gateway share. The tier closes the connection. */
export interface OpenRedis {
  readonly tier: RedisTier;
  readonly bus: RedisBus;
}

/** Connects in the background. */
export function openRedis(options: RedisOptions): OpenRedis {
  const purges = new SharedPurges(options);
  return { tier: new RedisTier(purges, options.prefix, options.clock), bus: new RedisBus(purges) };
}
