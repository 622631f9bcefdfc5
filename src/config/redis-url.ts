/** Where a Redis is, by its URL. */
export type RedisPlace =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'cluster';
      /** URLs of some nodes; they know the others. */
      readonly nodes: readonly string[];
    }
  | {
      readonly kind: 'sentinel';
      /** URLs of the Sentinels. User and password of the written URL are those of the Redis, and not in them. */
      readonly nodes: readonly string[];
      /** The name that the Sentinels have for the master. */
      readonly master: string;
      /** The URL of the master, once its address is known. */
      urlOf(host: string, port: string): string;
    };

/** The forms that are understood. */
const REDIS_URL_FORMS =
  'redis://host:6379, rediss://host:6379, redis+cluster://host:6379,host:6379 or redis+sentinel://host:26379,host:26379/master';

const SEVERAL = /^redis(s?)\+(cluster|sentinel):\/\/(?:([^/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\/(\d+))?$/;

/**
 * Reads `redis://`, `rediss://` (TLS), and for several servers `redis+cluster://` and `redis+sentinel://`, or `rediss+`
 * of both: the spelling of the Python package limits. No message repeats the URL, since it may contain a password.
 * @throws TypeError with the reason, for a URL that is none of them.
 */
export function readRedisUrl(text: string): RedisPlace {
  const [, tls = '', kind, credentials, hosts = '', path = '', database] = SEVERAL.exec(text) ?? [];
  if (kind === undefined) {
    const url = URL.parse(text);
    if (url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:')) return { kind: 'single', url: text };
    throw new TypeError(`must be ${REDIS_URL_FORMS}`);
  }
  const scheme = `redis${tls}://`;
  const user = credentials === undefined ? '' : `${credentials}@`;
  const addresses = hosts.split(',').map(host => addressOf(scheme, host, kind === 'cluster' ? 6379 : 26_379));
  if (kind === 'cluster') {
    if (path !== '')
      throw new TypeError('names a database, but a Redis Cluster has only one; end it behind the last host');
    return { kind, nodes: addresses.map(address => `${scheme}${user}${address}`) };
  }
  if (path === '')
    throw new TypeError('lacks the name of the master; end it like redis+sentinel://host:26379/mymaster');
  return {
    kind: 'sentinel',
    nodes: addresses.map(address => scheme + address),
    master: decodeURIComponent(path),
    urlOf: (host, port) => `${scheme}${user}${bracketed(host)}:${port}${database === undefined ? '' : `/${database}`}`,
  };
}

function addressOf(scheme: string, host: string, usualPort: number): string {
  const url = URL.parse(scheme + host);
  if (url === null || url.hostname === '')
    throw new TypeError('has a host that is none; write host:port, and commas between');
  return `${url.hostname}:${url.port || usualPort}`;
}

/** An IPv6 address, as a Sentinel or a node tells it. */
function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The reason why a URL is none of a Redis; undefined for a right one. */
export function redisUrlMistake(text: string): string | undefined {
  try {
    readRedisUrl(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
