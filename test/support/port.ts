import type { AddressInfo, Server } from 'node:net';

/** The port that the system gave a server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return (address satisfies AddressInfo).port;
}
