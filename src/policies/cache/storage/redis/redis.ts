import { readRedisUrl } from '../../../../config/redis-url.ts';
import type { TierListener } from '../../../../core/ports/cache-tier.ts';
import type { Clock } from '../../../../core/ports/clock.ts';
import type { SharedSessionStore } from '../../../../core/ports/session-records.ts';
import { prefixIn } from './locate.ts';
import { RedisBus } from './redis-bus.ts';
import { RedisRates } from './redis-rates.ts';
import { RedisSessionNews, RedisSessions } from './redis-sessions.ts';
import { RedisTier } from './redis-tier.ts';
import { SharedPurges } from './shared-purges.ts';

export interface RedisOptions {
  /** As `readRedisUrl` reads it, with user, password and database number if needed. */
  readonly url: string;
  /** The prefix of all keys. */
  readonly prefix: string;
  readonly listener: TierListener;
  readonly clock?: Clock;
}

/** The shared storage of the hosts of one gateway. The tier closes the connection. */
export interface OpenRedis {
  readonly tier: RedisTier;
  readonly bus: RedisBus;
  readonly rates: RedisRates;
  readonly sessions: SharedSessionStore;
}

/** Connects in the background. @throws TypeError for a URL that is none of a Redis. */
export function openRedis(options: RedisOptions): OpenRedis {
  const { clock } = options;
  const place = readRedisUrl(options.url);
  const prefix = prefixIn(place, options.prefix);
  const purges = new SharedPurges({ ...options, place, prefix });
  return {
    tier: new RedisTier(purges, prefix, clock),
    bus: new RedisBus(purges),
    rates: new RedisRates(purges, prefix, clock),
    sessions: {
      records: new RedisSessions(purges, prefix, clock),
      connected: purges.connected,
      newsOf: keptMs => new RedisSessionNews(purges, prefix, keptMs),
    },
  };
}
