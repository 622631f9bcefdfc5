import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import type { ServeCommand } from './command.ts';
import { DevLoop } from './dev/dev-loop.ts';
import { openAdmin } from './open-admin.ts';
import type { Reporter } from './reporter.ts';
import { type HeldHangUps, onSignals } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';
import { workerOptionsOf } from './worker-options-of.ts';

/**
 * `portico start --workers N` and `portico dev`: a primary with workers. Resolves with the exit code after a stop
 * signal.
 */
export async function serveWorkers(
  command: ServeCommand,
  reporter: Reporter,
  hangUps: HeldHangUps | undefined,
): Promise<number> {
  const { listen, workers } = command;
  const lost = Promise.withResolvers<'lost'>();
  const dev = command.name === 'dev' ? devLoopOf(command, reporter, () => void pool.reload()) : undefined;
  const pool: WorkerPool = new WorkerPool({
    command: workerOptionsOf(command),
    size: workers,
    graceMs: durationMs(DEFAULTS.server.drain),
    events: {
      reloading: () => {
        dev?.loadBegins();
        if (pool.generation > 0) reporter.reloading();
      },
      reloaded: (generation, serving) => {
        dev?.served(serving);
        // The first one is reported with its addresses.
        if (generation > 1) reporter.reloaded(generation, serving.routes);
      },
      refused: failure => {
        if (dev?.refused(failure) !== true) reporter.refused(failure, pool.generation);
      },
      imported: files => dev?.imported(files),
      died: (pid, how) => reporter.died(pid, how),
      replaced: pid => reporter.replaced(pid),
      socketLost: () => lost.resolve('lost'),
    },
  });
  const admin = await openAdmin(pool, command.admin);
  if (listen.path !== undefined) await removeStaleSocket(listen.path);
  const serving = await (dev === undefined ? pool.start() : dev.firstServing());
  const { promise: stopped, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  const hangUp = onSignals({ stop, reload: () => void pool.reload() });
  reporter.ready({ ...serving, adminUrl: admin.url, workers, generation: pool.generation, mock: command.mock });
  if (hangUps?.release()) hangUp();
  const why = await Promise.race([stopped, lost.promise]);
  if (why === 'lost') reporter.note(SOCKET_LOST);
  else reporter.stopping(why);
  dev?.close();
  await pool.stop();
  await admin.close();
  return why === 'lost' ? 1 : 0;
}

function devLoopOf({ dir, poll, recordings }: ServeCommand, { note }: Reporter, reload: () => void): DevLoop {
  const folders = recordings?.folder === undefined ? [] : [recordings.folder];
  return new DevLoop({ dir, poll, folders, reload, note });
}

const SOCKET_LOST =
  'no worker is left, so the socket of LISTEN_FDS is closed; this process ends, and the service manager starts it again';
