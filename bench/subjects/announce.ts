import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port and reports it to the parent. */
export function announce(server: Server): void {
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
