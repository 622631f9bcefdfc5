import { readRedisUrl } from '../../../../config/redis-url.ts';
import { CONNECT_MS, withClient } from './client.ts';
import { locate, prefixIn } from './locate.ts';

/** What a Redis says about itself. */
export interface RedisFacts {
  readonly version: string;
  /** Its clock minus the clock here, in milliseconds; half of the round trip is the uncertainty. */
  readonly aheadMs: number;
}

/** Connects once and leaves. @throws what the connection fails with. */
export async function inspectRedis(text: string, prefix: string): Promise<RedisFacts> {
  const place = readRedisUrl(text);
  const { url, check } = await locate(place, `${prefixIn(place, prefix)}purges`);
  return withClient(url, CONNECT_MS * 2, async client => {
    await check(client);
    const info = String(await client.sendCommand(['INFO', 'server']));
    const before = Date.now();
    const reply: unknown = await client.sendCommand(['TIME']);
    const here = (before + Date.now()) / 2;
    const [seconds, microseconds] = Array.isArray(reply) ? reply.map(part => Number(String(part))) : [];
    const there = (seconds ?? Number.NaN) * 1_000 + (microseconds ?? 0) / 1_000;
    return { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of an unknown version', aheadMs: there - here };
  });
}
