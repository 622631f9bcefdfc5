import type { ByteSize } from './byte-size.ts';

/** Where responses are stored. */
export interface CacheStores {
  /** Memory for stored responses, per process. Default 256MB. */
  readonly memory?: ByteSize;
  /**
   * SQLite file that keeps stored responses over restarts, relative to the project's folder; all workers share it.
   * Default none.
   */
  readonly disk?: string | DiskStore;
  /**
   * URL of a Redis that several gateways share, of a Redis Cluster, or of a master behind Sentinels; a purge on one
   * gateway reaches all of them. The environment variable `REDIS_URL` wins. Default none.
   */
  readonly redis?: string | RedisStore;
}

/** The SQLite file of the cache. */
interface DiskStore {
  /** Path of the file, relative to the project's folder. Required. */
  readonly path: string;
  /** Largest size of the file; the least recently used entries are removed. Default 1GB. */
  readonly size?: ByteSize;
}

/** The Redis of the cache. */
export interface RedisStore {
  /**
   * `redis://` or `rediss://` URL, `redis+cluster://host:port,host:port` or
   * `redis+sentinel://host:port,host:port/name`; the environment variable `REDIS_URL` wins. Required.
   */
  readonly url: string;
  /**
   * Prefix of all keys; gateways that share a Redis without sharing a cache need different ones. Default `portico:`.
   */
  readonly prefix?: string;
  /** Whether one gateway at a time fetches a response that several of them miss. Default false. */
  readonly singleFlight?: boolean;
}
