import type { AdminAddress } from '../admin/server.ts';
import { urlHost } from './admin-door.ts';
import type { Terminal } from './terminal.ts';

/** Longer than the longest that a gateway waits for a busy worker. */
const PATIENCE_MS = 10_000;

export interface AdminOrder {
  readonly admin: AdminAddress;
  readonly path: string;
  /** Undefined only reads. */
  readonly order: unknown;
  /** What has not happened where it is refused. */
  readonly undone: string;
}

/** Gives the gateway that runs here an order. @returns its answer; undefined where there is none, or it refuses, which is said. */
export async function askGateway(
  { admin, path, order, undone }: AdminOrder,
  terminal: Terminal,
): Promise<string | undefined> {
  let answer: Response;
  try {
    answer = await fetch(`http://${urlHost(admin.host)}:${admin.port}${path}`, {
      ...(order === undefined ? {} : posted(order)),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    terminal.error(
      `portico: no gateway answers at the admin port ${admin.port}; start one, or name its port with --admin-port or PORTICO_ADMIN_PORT`,
    );
    return undefined;
  }
  const text = (await answer.text()).trim();
  if (answer.status === 200) return text;
  terminal.error(`portico: ${undone}; what listens at port ${admin.port} says ${answer.status} ${titleIn(text)}`);
  return undefined;
}

function posted(order: unknown): RequestInit {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(order) };
}

function titleIn(text: string): string {
  try {
    return String(JSON.parse(text).title);
  } catch {
    return 'and is no portico gateway of this version';
  }
}
