import type { PurgeOrder } from '../define/purge.ts';
import type { PurgeCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Longer than the longest that a gateway waits for a busy worker. */
const PATIENCE_MS = 10_000;

/** `portico purge`: tells the gateway that runs here. Exit code 1 where there is none, or it refuses. */
export async function purge({ order, adminPort, json }: PurgeCommand, terminal: Terminal): Promise<number> {
  let answer: Response;
  try {
    answer = await fetch(`http://127.0.0.1:${adminPort}/purge`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    terminal.error(
      `portico: no gateway answers at the admin port ${adminPort}; start one, or name its port with --admin-port or PORTICO_ADMIN_PORT`,
    );
    return 1;
  }
  const text = (await answer.text()).trim();
  if (answer.status !== 200) {
    terminal.error(
      `portico: nothing was purged; what listens at port ${adminPort} says ${answer.status} ${titleIn(text)}`,
    );
    return 1;
  }
  terminal.out(json ? text : inWords(order));
  return 0;
}

function titleIn(text: string): string {
  try {
    return String(JSON.parse(text).title);
  } catch {
    return 'and is no portico gateway of this version';
  }
}

function inWords({ tags = [], urls = [], prefixes = [], all, soft }: PurgeOrder): string {
  const named = [
    ...(all ? ['everything'] : []),
    ...tags.map(tag => `tag ${tag}`),
    ...urls.map(url => `url ${url}`),
    ...prefixes.map(prefix => `prefix ${prefix}`),
  ];
  return `${soft ? 'stale' : 'purged'}: ${named.join(', ')}`;
}
