import { clientFor } from './link.ts';

/** What a Redis says about itself. */
export interface RedisFacts {
  readonly version: string;
  /** Its clock minus the clock here, in milliseconds; half of the round trip is the uncertainty. */
  readonly aheadMs: number;
}

/** Connects once and leaves. @throws what the connection fails with. */
export async function inspectRedis(url: string): Promise<RedisFacts> {
  const client = clientFor(url);
  // The failure comes from the call that waits for it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const info = String(await client.sendCommand(['INFO', 'server']));
    const before = Date.now();
    const reply: unknown = await client.sendCommand(['TIME']);
    const here = (before + Date.now()) / 2;
    const [seconds, microseconds] = Array.isArray(reply) ? reply.map(part => Number(String(part))) : [];
    const there = (seconds ?? Number.NaN) * 1_000 + (microseconds ?? 0) / 1_000;
    return { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of an unknown version', aheadMs: there - here };
  } finally {
    if (client.isOpen) client.destroy();
  }
}
