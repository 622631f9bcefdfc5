import { porticoVersion } from '../core/version.ts';
import { showFailure } from './failure.ts';
import type { Reporter } from './reporter.ts';
import type { Terminal } from './terminal.ts';

/** One event per line, for a program that starts a gateway and waits for it. */
export function jsonReporter(terminal: Terminal): Reporter {
  const tell = (event: string, facts: Readonly<Record<string, unknown>> = {}) =>
    terminal.out(JSON.stringify({ event, ...facts }));
  return {
    ready: ({ routes, ...ready }) => {
      const software = { version: porticoVersion(), node: process.versions.node };
      tell('ready', { ...ready, pid: process.pid, routes: routes.length, ...software });
    },
    reloading: () => undefined,
    reloaded: (generation, routes) => tell('reloaded', { generation, routes: routes.length }),
    refused: (failure, generation) => {
      showFailure(failure, terminal);
      tell('refused', { generation, failure });
    },
    died: (pid, how) => tell('worker-died', { pid, how }),
    replaced: pid => tell('worker-replaced', { pid }),
    stopping: signal => tell('stopping', { signal }),
    note: line => terminal.error(`portico: ${line}`),
  };
}
