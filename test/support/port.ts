import { type AddressInfo, createServer, type Server } from 'node:net';

/** The port that the system assigned to a server. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return (address satisfies AddressInfo).port;
}

// Systems choose ports for port 0 and for outgoing connections from 32768 on (Linux) or 49152 on (RFC 6335), so that a
// port below stays free until its program listens.
const FIRST = 12_000;
const COUNT = 20_000;

/** A free port for programs that cannot pick one themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
