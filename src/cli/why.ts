import type { RequestQuery, RequestView } from '../core/request-view.ts';
import { callGateway } from './ask-gateway.ts';
import type { WhyCommand } from './command.ts';
import type { Terminal } from './terminal.ts';
import { requestLines, requestListLines } from './why-lines.ts';

/**
 * `portico why`: why a recent request of the gateway on this host was slow, missed or failed. Exit code 1 without a
 * gateway, and for an id that is not among the latest requests.
 */
export async function why({ query, admin, json }: WhyCommand, terminal: Terminal): Promise<number> {
  const undone = 'nothing was explained';
  const text = await callGateway({ admin, path: `/requests${searchOf(query)}`, command: undefined, undone }, terminal);
  if (text === undefined) return 1;
  if (json) {
    terminal.out(text);
    return 0;
  }
  const { requests } = JSON.parse(text) as { readonly requests: readonly RequestView[] };
  const lines = query.id === undefined ? requestListLines(requests, query, terminal) : detailed(requests, terminal);
  for (const line of lines) terminal.out(line);
  return 0;
}

function detailed(requests: readonly RequestView[], terminal: Terminal): readonly string[] {
  // Several hosts may have given a client's own id to several requests.
  return requests.flatMap((request, i) => [...(i === 0 ? [] : ['']), ...requestLines(request, terminal)]);
}

function searchOf({ id, ...filters }: RequestQuery): string {
  const query = new URLSearchParams(id === undefined ? Object.keys(filters).map(name => [name, '']) : { id });
  return query.size === 0 ? '' : `?${query}`;
}
