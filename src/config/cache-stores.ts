import type { ByteSize } from './byte-size.ts';

/** Where stored responses are kept. */
export interface CacheStores {
  /** How much memory they may take, in each process. Default 256MB. */
  readonly memory?: ByteSize;
  /**
   * A SQLite file, relative to the project's folder, that keeps them over restarts; all workers share it. Default none.
   */
  readonly disk?: string | DiskStore;
  /**
   * The URL of a Redis that several hosts share; what one of them purges, all of them hear. `REDIS_URL` wins. Default
   * none.
   */
  readonly redis?: string | RedisStore;
}

interface DiskStore {
  /** Relative to the project's folder. */
  readonly path: string;
  /** How large the file may become; what was not used for longest goes. Default 1GB. */
  readonly size?: ByteSize;
}

export interface RedisStore {
  /** `redis://` or `rediss://`; `REDIS_URL` wins. */
  readonly url: string;
  /** What all keys begin with; gateways that share a Redis and are not one have different ones. Default `portico:`. */
  readonly prefix?: string;
  /** Whether only one host at a time fetches what all of them miss. Default false. */
  readonly singleFlight?: boolean;
}

export function isRedisUrl(text: string): boolean {
  return URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol);
}
