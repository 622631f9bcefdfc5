import type { WorkerBreakers } from '../admin/managed-gateway.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import { callGateway } from './ask-gateway.ts';
import { breakerLines } from './breaker-lines.ts';
import type { BreakerCliCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/**
 * `portico breaker`: the circuits of the gateway on this host. Exit code 1 without a gateway or for an unknown site.
 */
export async function breaker({ command, admin, json }: BreakerCliCommand, terminal: Terminal): Promise<number> {
  const undone = command === undefined ? 'nothing was listed' : 'nothing was changed';
  const text = await callGateway({ admin, path: '/breakers', command: command, undone }, terminal);
  if (text === undefined) return 1;
  if (json) terminal.out(text);
  else for (const line of command === undefined ? breakerLines(workersIn(text)) : [asText(command)]) terminal.out(line);
  return 0;
}

function workersIn(text: string): readonly WorkerBreakers[] {
  const { workers }: { readonly workers: readonly WorkerBreakers[] } = JSON.parse(text);
  return workers;
}

function asText(command: BreakerCommand): string {
  return 'open' in command ? `held open: ${command.open}` : `closed: ${command.close}`;
}
