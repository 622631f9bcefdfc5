import { banner } from './banner.ts';
import { showFailure } from './failure.ts';
import type { Reporter } from './reporter.ts';
import type { Terminal } from './terminal.ts';

export function humanReporter(terminal: Terminal): Reporter {
  return {
    ready: ready => terminal.out(banner(ready, terminal)),
    reloading: () => undefined,
    reloaded: generation => terminal.out(`  ${terminal.paint('green', 'reloaded')}, generation ${generation}`),
    refused: (failure, generation) => {
      showFailure(failure, terminal);
      const serving = generation === 0 ? 'nothing is served yet' : `generation ${generation} goes on serving`;
      terminal.error(`  ${serving}; it takes another try when a file is saved, or at the next portico reload`);
    },
    died: (pid, how) => terminal.error(`  worker ${pid} died (${how}); another takes its place`),
    replaced: pid => terminal.error(`  worker ${pid} took its place`),
    stopping: signal => terminal.out(`  ${signal}: finishing open requests; press again to stop at once`),
    note: line => terminal.error(`portico: ${line}`),
  };
}
