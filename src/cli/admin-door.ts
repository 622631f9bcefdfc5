import { type AdminServer, startAdmin } from '../admin/server.ts';
import type { Status } from '../admin/status.ts';
import { listenError } from '../cluster/listen-error.ts';

export interface AdminDoor {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws ListenError */
export async function openAdmin(status: Status, port: number): Promise<AdminDoor> {
  let server: AdminServer;
  try {
    server = await startAdmin(status, port);
  } catch (cause) {
    throw listenError(cause, { port }, '--admin-port');
  }
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.close() };
}
