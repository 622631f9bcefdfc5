import type { WorkerExplanation } from '../admin/managed-gateway.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import { callGateway } from './ask-gateway.ts';
import type { ExplainCommand } from './command.ts';
import { explanationLines } from './explanation-lines.ts';
import type { Terminal } from './terminal.ts';

/**
 * `portico explain`: the explanation of a request by the gateway on this host, or with `--offline` by the definitions
 * alone. Exit code 1 without a gateway or after a rejection.
 */
export async function explain(command: ExplainCommand, terminal: Terminal): Promise<number> {
  const { query: request, admin, json, offline } = command;
  const call = { admin, path: '/explain', command: request, undone: 'nothing was explained' };
  const text = offline === undefined ? await callGateway(call, terminal) : await explainedBy(offline, request);
  if (text === undefined) return 1;
  if (json) terminal.out(text);
  else for (const line of explanationLines(workersIn(text), terminal)) terminal.out(line);
  return 0;
}

/** As a gateway explains it that has just started. It opens no store and calls nobody. */
async function explainedBy(dir: string, request: ExplainQuery): Promise<string> {
  const { createGateway } = await import('../gateway.ts');
  const gateway = await createGateway({ dir, stores: false });
  const workers: readonly WorkerExplanation[] = [{ pid: process.pid, explanation: gateway.explain(request) }];
  await gateway.close({ graceMs: 0 });
  return JSON.stringify({ workers });
}

function workersIn(text: string): readonly WorkerExplanation[] {
  const { workers }: { readonly workers: readonly WorkerExplanation[] } = JSON.parse(text);
  return workers;
}
