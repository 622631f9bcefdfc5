import type { WorkerExplanation } from '../admin/managed-gateway.ts';
import { callGateway } from './ask-gateway.ts';
import type { ExplainCommand } from './command.ts';
import { explanationLines } from './explanation-lines.ts';
import type { Terminal } from './terminal.ts';

/**
 * `portico explain`: the explanation of a request by the gateway on this host. Exit code 1 without a gateway or after a
 * rejection.
 */
export async function explain({ query: request, admin, json }: ExplainCommand, terminal: Terminal): Promise<number> {
  const command = { admin, path: '/explain', command: request, undone: 'nothing was explained' };
  const text = await callGateway(command, terminal);
  if (text === undefined) return 1;
  if (json) terminal.out(text);
  else for (const line of explanationLines(workersIn(text), terminal)) terminal.out(line);
  return 0;
}

function workersIn(text: string): readonly WorkerExplanation[] {
  const { workers }: { readonly workers: readonly WorkerExplanation[] } = JSON.parse(text);
  return workers;
}
