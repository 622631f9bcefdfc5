import type { AdminAddress } from '../admin/server.ts';
import { urlHost } from './open-admin.ts';
import type { Terminal } from './terminal.ts';

/** Longer than the time for which a gateway waits for a busy worker. */
const PATIENCE_MS = 10_000;

export interface AdminCommand {
  readonly admin: AdminAddress;
  readonly path: string;
  /** Undefined for a read. */
  readonly command: unknown;
  /** The effect that is missing after a rejection. */
  readonly undone: string;
}

/**
 * Sends a command to the gateway on this host. @returns its response; undefined for none or a rejection, which is
 * printed.
 */
export async function callGateway(
  { admin, path, command, undone }: AdminCommand,
  terminal: Terminal,
): Promise<string | undefined> {
  let response: Response;
  try {
    response = await fetch(`http://${urlHost(admin.host)}:${admin.port}${path}`, {
      ...(command === undefined ? {} : posted(command)),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    const remedy = 'start one, or name its port with --admin-port or PORTICO_ADMIN_PORT';
    terminal.error(`portico: no gateway responds at the admin port ${admin.port}; ${remedy}`);
    return undefined;
  }
  const text = (await response.text()).trim();
  if (response.status === 200) return text;
  terminal.error(`portico: ${undone}; what listens at port ${admin.port} says ${response.status} ${titleIn(text)}`);
  return undefined;
}

function posted(command: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(command) };
}

function titleIn(text: string): string {
  try {
    return String(JSON.parse(text).title);
  } catch {
    return 'and is no portico gateway of this version';
  }
}
