import type { PurgeRequest } from '../config/purge-request.ts';
import { callGateway } from './ask-gateway.ts';
import type { PurgeCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico purge`: sends a purge to the gateway on this host. Exit code 1 without a gateway or after a rejection. */
export async function purge({ command, admin, json }: PurgeCommand, terminal: Terminal): Promise<number> {
  const text = await callGateway({ admin, path: '/purge', command: command, undone: 'nothing was purged' }, terminal);
  if (text === undefined) return 1;
  terminal.out(json ? text : asText(command, JSON.parse(text)));
  return 0;
}

/** The response of the admin port to a purge. */
interface Purged {
  readonly entries: number;
  readonly workers: number;
}

function asText(
  { tags = [], urls = [], prefixes = [], all, soft }: PurgeRequest,
  { entries, workers }: Purged,
): string {
  const named = [
    ...(all ? ['everything'] : []),
    ...tags.map(tag => `tag ${tag}`),
    ...urls.map(url => `url ${url}`),
    ...prefixes.map(prefix => `prefix ${prefix}`),
  ];
  const count = `${entries} stored ${entries === 1 ? 'response' : 'responses'} in memory`;
  return `${soft ? 'stale' : 'purged'}: ${named.join(', ')} (${count}${workers > 1 ? ` of ${workers} processes` : ''})`;
}
