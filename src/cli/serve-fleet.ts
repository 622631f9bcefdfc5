import { once } from 'node:events';
import { Fleet } from '../cluster/fleet.ts';
import type { Serving } from '../cluster/messages.ts';
import { startFailure } from '../cluster/start-failure.ts';
import { DEFAULTS } from '../define/defaults.ts';
import { durationMs } from '../define/duration.ts';
import { openAdmin } from './admin-door.ts';
import type { ServeCommand } from './command.ts';
import type { Narrator } from './narrator.ts';
import { onSignals } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';
import { ProjectWatch } from './watch.ts';

/** `portico start --workers N` and `portico dev`: a primary with workers. Resolves with the exit code once it was told to stop. */
export async function serveFleet(command: ServeCommand, narrator: Narrator): Promise<number> {
  const { dir, door, workers } = command;
  const fleet: Fleet = new Fleet({
    order: { dir, door, mode: command.name === 'dev' ? 'dev' : 'production' },
    size: workers,
    graceMs: durationMs(DEFAULTS.server.drain),
    events: {
      reloaded: (generation, { routes }) => narrator.reloaded(generation, routes),
      refused: failure => narrator.refused(failure, fleet.generation),
      died: (pid, how) => narrator.died(pid, how),
      replaced: pid => narrator.replaced(pid),
    },
  });
  const admin = await openAdmin(fleet, command.admin);
  const watch = command.name === 'dev' ? await ProjectWatch.of(dir) : undefined;
  watch?.on('trouble', message => narrator.note(message));
  if (door.path !== undefined) await removeStaleSocket(door.path);
  const serving = await firstGeneration(fleet, narrator, watch);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  const reload = () => void fleet.reload();
  onSignals({ stop, reload });
  watch?.on('change', reload);
  narrator.ready({ ...serving, adminUrl: admin.url, workers, generation: fleet.generation });
  narrator.stopping(await stopped);
  watch?.close();
  await fleet.stop();
  await admin.close();
  return 0;
}

/** In `dev` a project that is broken at the start is mended while portico waits; nothing else can wait for a mistake to go away. */
async function firstGeneration(fleet: Fleet, narrator: Narrator, watch: ProjectWatch | undefined): Promise<Serving> {
  for (;;) {
    const changed = watch === undefined ? undefined : once(watch, 'change');
    try {
      return await fleet.start();
    } catch (error) {
      const failure = startFailure(error);
      if (changed === undefined || failure.kind !== 'definition') throw error;
      narrator.refused(failure, 0);
      await changed;
    }
  }
}
