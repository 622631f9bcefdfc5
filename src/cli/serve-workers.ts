import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import type { ServeCommand } from './command.ts';
import { DevLoop } from './dev/dev-loop.ts';
import { openAdmin } from './open-admin.ts';
import type { ProjectEnv } from './project-env.ts';
import type { Reporter } from './reporter.ts';
import { type EarlySignals, listenToHangUps, listenToStops } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';
import { workerOptionsOf } from './worker-options-of.ts';

/**
 * `portico start --workers N` and `portico dev`: a primary with workers. Resolves with the exit code after a stop
 * signal.
 */
export async function serveWorkers(
  command: ServeCommand,
  reporter: Reporter,
  early: EarlySignals,
  env: ProjectEnv,
): Promise<number> {
  const { listen, workers } = command;
  // It runs no code of the project, so it can always hear them.
  const stops = listenToStops(early);
  const lost = Promise.withResolvers<'lost'>();
  const dev = command.name === 'dev' ? devLoopOf(command, env.watched, reporter, () => void pool.reload()) : undefined;
  const pool: WorkerPool = new WorkerPool({
    command: workerOptionsOf(command),
    size: workers,
    graceMs: durationMs(DEFAULTS.server.drain),
    events: {
      reloading: () => {
        // New workers inherit the environment of this process.
        for (const note of env.reread()) reporter.note(note);
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
  // A worker in an endless loop would outlive a primary that ends at once.
  process.once('exit', () => pool.kill());
  const admin = await openAdmin(pool, command.admin);
  if (listen.path !== undefined) await removeStaleSocket(listen.path);
  const stopped = stops.stopped.then(signal => ({ signal }));
  const begun = await Promise.race([stopped, dev === undefined ? pool.start() : dev.firstServing()]);
  if ('url' in begun) {
    reporter.ready({ ...begun, adminUrl: admin.url, workers, generation: pool.generation, mock: command.mock });
    listenToHangUps(() => void pool.reload(), stops, early);
  }
  const end = await Promise.race([stopped, lost.promise]);
  if (end === 'lost') reporter.note(SOCKET_LOST);
  else reporter.stopping(end.signal);
  dev?.close();
  await pool.stop();
  await admin.close();
  return end === 'lost' ? 1 : 0;
}

function devLoopOf(
  { dir, poll, recordings }: ServeCommand,
  files: readonly string[],
  { note }: Reporter,
  reload: () => void,
): DevLoop {
  const folders = recordings?.folder === undefined ? [] : [recordings.folder];
  return new DevLoop({ dir, poll, files, folders, reload, note });
}

const SOCKET_LOST =
  'no worker is left, so the socket of LISTEN_FDS is closed; this process ends, and the service manager starts it again';
