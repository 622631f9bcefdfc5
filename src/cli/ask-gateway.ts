import type { AdminAddress } from '../admin/server.ts';
import { urlHost } from './open-admin.ts';
import type { Terminal } from './terminal.ts';

/** Longer than the time for which a gateway waits for a busy worker. */
const PATIENCE_MS = 10_000;

interface AdminCall {
  readonly admin: AdminAddress;
  readonly path: string;
  /** Undefined for a read. */
  readonly command: unknown;
  /** How long the response may take, in milliseconds. Default 10,000. */
  readonly patienceMs?: number;
  /** What it means if it takes longer. Default that nothing responds. */
  readonly late?: string;
}

interface AdminCommand extends AdminCall {
  /** The effect that is missing after a rejection. */
  readonly undone: string;
}

/** A response of the gateway. */
interface AdminAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a command to the gateway on this host. @returns its response; undefined for none or a rejection, which is
 * printed.
 */
export async function callGateway(call: AdminCommand, terminal: Terminal): Promise<string | undefined> {
  const response = await askGateway(call, terminal);
  if (response === undefined || response.status === 200) return response?.text;
  rejected(response, call, terminal);
  return undefined;
}

/** The same with any status. @returns undefined for no response, which is printed. */
export async function askGateway(
  { admin, path, command, patienceMs = PATIENCE_MS, late }: AdminCall,
  terminal: Terminal,
): Promise<AdminAnswer | undefined> {
  try {
    const response = await fetch(`http://${urlHost(admin.host)}:${admin.port}${path}`, {
      ...requestOf(command, admin),
      signal: AbortSignal.timeout(patienceMs),
    });
    return { status: response.status, text: (await response.text()).trim() };
  } catch (error) {
    const isLate = late !== undefined && error instanceof Error && error.name === 'TimeoutError';
    const remedy = 'start one, or name its port with --admin-port or PORTICO_ADMIN_PORT';
    terminal.error(
      isLate ? `portico: ${late}` : `portico: no gateway responds at the admin port ${admin.port}; ${remedy}`,
    );
    return undefined;
  }
}

/** Prints a rejection. */
export function rejected(
  { status, text }: AdminAnswer,
  { admin, undone }: Pick<AdminCommand, 'admin' | 'undone'>,
  terminal: Terminal,
): void {
  terminal.error(`portico: ${undone}; what listens at port ${admin.port} says ${status} ${titleIn(text)}`);
}

function requestOf(command: unknown, { token }: AdminAddress): RequestInit {
  const credentials = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  if (command === undefined) return { headers: credentials };
  return {
    method: 'POST',
    headers: { ...credentials, 'Content-Type': 'application/json' },
    body: JSON.stringify(command),
  };
}

function titleIn(text: string): string {
  try {
    return String(JSON.parse(text).title);
  } catch {
    return 'and is no portico gateway of this version';
  }
}
