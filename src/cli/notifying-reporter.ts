import type { Reporter } from './reporter.ts';
import type { ServiceManager } from './service-manager.ts';

/** Reports the same events to a service manager. */
export function notifyingReporter(reporter: Reporter, manager: ServiceManager): Reporter {
  return {
    ...reporter,
    ready: ready => {
      manager.ready(`Serving ${ready.url}, generation ${ready.generation}`);
      reporter.ready(ready);
    },
    reloading: () => {
      manager.reloading();
      reporter.reloading();
    },
    reloaded: (generation, routes) => {
      manager.ready(`Serving generation ${generation}`);
      reporter.reloaded(generation, routes);
    },
    refused: (failure, generation) => {
      // Nothing is ready before the first generation; later ones go on.
      if (generation > 0) manager.ready(`Serving generation ${generation}; newer routes have mistakes`);
      reporter.refused(failure, generation);
    },
    stopping: signal => {
      manager.stopping();
      reporter.stopping(signal);
    },
  };
}
