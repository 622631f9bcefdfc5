import type { RouteRow } from '../admin/route-row.ts';
import type { Phase, Status, WorkerBreakers, WorkerExplanation } from '../admin/status.ts';
import { type OpenGateway, openGateway } from '../cluster/open.ts';
import type { Question } from '../core/explanation.ts';
import type { BreakerOrder } from '../define/breaker-order.ts';
import type { PurgeOrder } from '../define/purge.ts';
import type { Gateway } from '../gateway.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';
import { openAdmin } from './admin-door.ts';
import type { ServeCommand } from './command.ts';
import type { Narrator } from './narrator.ts';
import { onSignals } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';

/** `portico start`: one process that serves, with the admin port beside. Resolves with the exit code once it was told to stop. */
export async function serveAlone({ dir, door, admin: address }: ServeCommand, narrator: Narrator): Promise<number> {
  const status = new AloneStatus();
  const admin = await openAdmin(status, address);
  if (door.path !== undefined) await removeStaleSocket(door.path);
  const { gateway, serving } = await openGateway({ dir, mode: 'production', door });
  const stopped = untilStopped(narrator);
  status.isReady({ gateway, serving });
  narrator.ready({ ...serving, adminUrl: admin.url, workers: 0, generation: 1 });
  narrator.stopping(await stopped);
  status.phase = 'draining';
  await gateway.close();
  await admin.close();
  return 0;
}

function untilStopped(narrator: Narrator): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  onSignals({
    stop: resolve,
    reload: () =>
      narrator.note('SIGHUP loads the routes anew only with --workers; one process goes on with those it has'),
  });
  return promise;
}

class AloneStatus implements Status {
  phase: Phase = 'starting';
  generation = 0;
  pids: readonly number[] = [];
  routes: readonly RouteRow[] = [];
  #gateway: Gateway | undefined;

  isReady({ gateway, serving }: OpenGateway): void {
    this.#gateway = gateway;
    this.routes = serving.routes;
    this.pids = [process.pid];
    this.generation = 1;
    this.phase = 'ready';
  }

  async metrics(): Promise<MetricsSnapshot> {
    return this.#gateway?.metrics() ?? [];
  }

  async purge(order: PurgeOrder): Promise<void> {
    this.#gateway?.purge(order);
  }

  async explain(question: Question): Promise<WorkerExplanation[]> {
    return this.#gateway === undefined ? [] : [{ pid: process.pid, explanation: this.#gateway.explain(question) }];
  }

  async breakers(): Promise<WorkerBreakers[]> {
    return this.#gateway === undefined ? [] : [{ pid: process.pid, breakers: this.#gateway.breakers() }];
  }

  async orderBreaker(order: BreakerOrder): Promise<void> {
    if ('open' in order) this.#gateway?.holdBreaker(order.open);
    else this.#gateway?.closeBreaker(order.close);
  }
}
