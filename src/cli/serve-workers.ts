import { once } from 'node:events';
import type { RouteRow } from '../admin/route-row.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { Serving } from '../workers/messages.ts';
import { startFailure } from '../workers/start-failure.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import { keepAppRoutes } from './app-routes.ts';
import type { ServeCommand } from './command.ts';
import { EnvWatch } from './env-watch.ts';
import { openAdmin } from './open-admin.ts';
import type { ProjectEnv } from './project-env.ts';
import type { Reporter } from './reporter.ts';
import { type EarlySignals, listenToHangUps, listenToStops } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';
import { ProjectWatch } from './watch.ts';
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
  const { dir, listen, workers } = command;
  // It runs no code of the project, so it can always hear them.
  const stops = listenToStops(early);
  const lost = Promise.withResolvers<'lost'>();
  const pool: WorkerPool = new WorkerPool({
    command: workerOptionsOf(command),
    size: workers,
    graceMs: durationMs(DEFAULTS.server.drain),
    events: {
      reloading: () => {
        reread(env, reporter);
        reporter.reloading();
      },
      reloaded: (generation, { routes }) => {
        reporter.reloaded(generation, routes);
        void keepTypes(command, routes, reporter);
      },
      refused: failure => reporter.refused(failure, pool.generation),
      died: (pid, how) => reporter.died(pid, how),
      replaced: pid => reporter.replaced(pid),
      socketLost: () => lost.resolve('lost'),
    },
  });
  // A worker in an endless loop would outlive a primary that ends at once.
  process.once('exit', () => pool.kill());
  const admin = await openAdmin(pool, command.admin);
  const watch = command.name === 'dev' ? await ProjectWatch.of(dir) : undefined;
  watch?.on('trouble', message => reporter.note(message));
  const envWatch =
    watch &&
    new EnvWatch(dir, env.watched, {
      changed: () => watch.emit('change'),
      trouble: message => reporter.note(message),
    });
  if (listen.path !== undefined) await removeStaleSocket(listen.path);
  const stopped = stops.stopped.then(signal => ({ signal }));
  const begun = await Promise.race([stopped, firstGeneration(pool, env, reporter, watch)]);
  if ('url' in begun) {
    const reload = () => void pool.reload();
    watch?.on('change', reload);
    void keepTypes(command, begun.routes, reporter);
    reporter.ready({ ...begun, adminUrl: admin.url, workers, generation: pool.generation, mock: command.mock });
    listenToHangUps(reload, stops, early);
  }
  const end = await Promise.race([stopped, lost.promise]);
  if (end === 'lost') reporter.note(SOCKET_LOST);
  else reporter.stopping(end.signal);
  watch?.close();
  envWatch?.close();
  await pool.stop();
  await admin.close();
  return end === 'lost' ? 1 : 0;
}

/** New workers inherit the environment of this process. */
function reread(env: ProjectEnv, reporter: Reporter): void {
  for (const note of env.reread()) reporter.note(note);
}

const SOCKET_LOST =
  'no worker is left, so the socket of LISTEN_FDS is closed; this process ends, and the service manager starts it again';

/** In `dev` the types of the routes follow the files. */
async function keepTypes({ name, dir }: ServeCommand, routes: readonly RouteRow[], reporter: Reporter): Promise<void> {
  const trouble = name === 'dev' ? await keepAppRoutes(dir, routes) : undefined;
  if (trouble !== undefined) reporter.note(trouble);
}

/** In `dev` a project that is broken at the start can be fixed while portico waits; otherwise it exits. */
async function firstGeneration(
  pool: WorkerPool,
  env: ProjectEnv,
  reporter: Reporter,
  watch: ProjectWatch | undefined,
): Promise<Serving> {
  for (;;) {
    const changed = watch === undefined ? undefined : once(watch, 'change');
    try {
      return await pool.start();
    } catch (error) {
      const failure = startFailure(error);
      if (changed === undefined || failure.kind !== 'definition') throw error;
      reporter.refused(failure, 0);
      await changed;
      reread(env, reporter);
    }
  }
}
