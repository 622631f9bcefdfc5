import { isIPv6 } from 'node:net';
import type { ManagedGateway } from '../admin/managed-gateway.ts';
import { type AdminAddress, type AdminServer, startAdmin } from '../admin/server.ts';
import { listenError } from '../workers/listen-error.ts';

export interface OpenAdmin {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws ListenError */
export async function openAdmin(status: ManagedGateway, address: AdminAddress): Promise<OpenAdmin> {
  let server: AdminServer;
  try {
    server = await startAdmin(status, address);
  } catch (cause) {
    throw listenError(cause, address, '--admin-port');
  }
  return { url: `http://${urlHost(server.host)}:${server.port}`, close: () => server.close() };
}

/** The address for a program on this host; a wildcard includes it. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}
