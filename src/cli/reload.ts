import type { StartFailure } from '../config-loader/start-failure.ts';
import { askGateway, rejected } from './ask-gateway.ts';
import type { ReloadCliCommand } from './command.ts';
import { showFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** A project may take its time to load; after this the command ends, not the reload. */
const PATIENCE_MS = 60_000;
const UNDONE = 'nothing was reloaded';

/**
 * `portico reload`: the gateway on this host loads its routes anew. Exit code 1 without a gateway, for one process, and
 * if the new routes have mistakes, which are printed.
 */
export async function reload({ admin, json }: ReloadCliCommand, terminal: Terminal): Promise<number> {
  const call = {
    admin,
    path: '/reload',
    command: {},
    patienceMs: PATIENCE_MS,
    late: `the reload has not ended after ${PATIENCE_MS / 1_000} s; until it has, the old routes are served`,
  };
  const response = await askGateway(call, terminal);
  if (response === undefined) return 1;
  if (response.status === 200) {
    terminal.out(json ? response.text : reloadedLine(JSON.parse(response.text)));
    return 0;
  }
  const refusal = refusalIn(response.text);
  if (refusal === undefined) rejected(response, { admin, undone: UNDONE }, terminal);
  else if (json) terminal.out(JSON.stringify(refusal));
  else {
    showFailure(refusal.failure, terminal);
    terminal.error(`portico: ${UNDONE}; generation ${refusal.generation} goes on serving`);
  }
  return 1;
}

interface Reloaded {
  readonly generation: number;
  readonly routes: number;
}

function reloadedLine({ generation, routes }: Reloaded): string {
  return `reloaded: generation ${generation}, ${routes} ${routes === 1 ? 'route' : 'routes'}`;
}

interface ReloadRefusal {
  readonly generation: number;
  readonly failure: StartFailure;
}

function refusalIn(text: string): ReloadRefusal | undefined {
  try {
    const { code, generation, failure } = JSON.parse(text);
    return code === 'gateway.reload_refused' ? { generation, failure } : undefined;
  } catch {
    return undefined;
  }
}
