import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** The port that the system assigned to a server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return (address satisfies AddressInfo).port;
}

/** A port that is free at the moment, for programs that cannot pick one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
