import { createClient, RESP_TYPES } from 'redis';

export const CONNECT_MS = 2_000;

/** Strings arrive as raw bytes. */
export type RedisClient = ReturnType<typeof clientFor>;

/** A connection that has no second try. */
export function clientFor(url: string) {
  return createClient({
    url,
    // Supported by every Redis.
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
}

/** Connects, does something, and leaves. @throws what fails, and after a silence of `limitMs`. */
export async function withClient<T>(
  url: string,
  limitMs: number,
  use: (client: RedisClient) => Promise<T>,
): Promise<T> {
  const client = clientFor(url);
  const late = Promise.withResolvers<never>();
  // Node's timer: it guards a connection of its own, and no state of the gateway hangs on it.
  const timer = setTimeout(() => late.reject(new Error('no reply')), limitMs);
  // The failure comes from the call that waits for it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    return await Promise.race([client.connect().then(() => use(client)), late.promise]);
  } finally {
    clearTimeout(timer);
    if (client.isOpen) client.destroy();
  }
}
