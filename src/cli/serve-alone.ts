import type {
  ManagedGateway,
  ProcessPhase,
  WorkerBreakers,
  WorkerExplanation,
  WorkerView,
} from '../admin/managed-gateway.ts';
import { processView } from '../admin/process-view.ts';
import type { ReloadOutcome } from '../admin/reload-outcome.ts';
import type { RouteRow } from '../admin/route-row.ts';
import { type SessionAnswer, sessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { PurgeRequest } from '../config/purge-request.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import type { GenerationView } from '../core/generation-view.ts';
import type { ProcessSubject, RequestCounts } from '../core/process-views.ts';
import { NO_COUNTS } from '../core/request-counts.ts';
import type { RequestQuery, RequestView } from '../core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../core/session-listing.ts';
import type { Gateway } from '../gateway.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { GenerationHistory } from '../workers/generation-history.ts';
import { type OpenGateway, openGateway } from '../workers/open-gateway.ts';
import type { ServeCommand } from './command.ts';
import { openAdmin } from './open-admin.ts';
import type { Reporter } from './reporter.ts';
import { type EarlySignals, listenToHangUps, listenToStops } from './signals.ts';
import { removeStaleSocket } from './unix-socket.ts';
import { workerOptionsOf } from './worker-options-of.ts';

/**
 * `portico start` and `portico record`: one process that serves, with its admin port. Resolves with the exit code after
 * a stop signal.
 */
export async function serveAlone(command: ServeCommand, reporter: Reporter, early: EarlySignals): Promise<number> {
  const { listen, admin: address } = command;
  const status = new AloneStatus();
  const admin = await openAdmin(status, address);
  if (listen.path !== undefined) await removeStaleSocket(listen.path);
  const { gateway, serving } = await openGateway(workerOptionsOf(command));
  const stops = listenToStops(early);
  status.isReady({ gateway, serving });
  reporter.ready({ ...serving, adminUrl: admin.url, workers: 0, generation: 1, mock: false });
  listenToHangUps(() => reporter.note(HUNG_UP), stops, early);
  reporter.stopping(await stops.stopped);
  status.phase = 'draining';
  try {
    await gateway.close();
  } finally {
    await admin.close();
  }
  return 0;
}

const HUNG_UP = 'SIGHUP loads the routes anew only with --workers; one process goes on with those it has';

class AloneStatus implements ManagedGateway {
  readonly canReload = false;
  phase: ProcessPhase = 'starting';
  generation = 0;
  pids: readonly number[] = [];
  routes: readonly RouteRow[] = [];
  #gateway: Gateway | undefined;
  readonly #history = new GenerationHistory();

  isReady({ gateway, serving }: OpenGateway): void {
    this.#gateway = gateway;
    this.routes = serving.routes;
    this.pids = [process.pid];
    this.generation = 1;
    this.phase = 'ready';
    this.#history.began(1, Promise.resolve([]));
  }

  async metrics(): Promise<MetricsSnapshot> {
    return this.#gateway?.metrics() ?? [];
  }

  async purge(command: PurgeRequest): Promise<number> {
    return this.#gateway?.purge(command) ?? 0;
  }

  async reload(): Promise<ReloadOutcome> {
    return { kind: 'unable', why: 'One process goes on with the routes it has; start it with --workers 1 or more' };
  }

  async explain(query: ExplainQuery): Promise<WorkerExplanation[]> {
    return this.#gateway === undefined ? [] : [{ pid: process.pid, explanation: this.#gateway.explain(query) }];
  }

  async breakers(): Promise<WorkerBreakers[]> {
    return this.#gateway === undefined ? [] : [{ pid: process.pid, breakers: this.#gateway.breakers() }];
  }

  async counts(): Promise<RequestCounts> {
    return this.#gateway?.counts() ?? NO_COUNTS;
  }

  async inspect<Subject extends ProcessSubject>(subject: Subject): Promise<WorkerView<Subject>[]> {
    if (this.#gateway === undefined) return [];
    const view = (await processView(this.#gateway, subject))[subject];
    return view === undefined ? [] : [{ pid: process.pid, view }];
  }

  async sessions(query: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined> {
    return this.#gateway && (await sessionAnswer(this.#gateway.sessions(query)));
  }

  async endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined> {
    return this.#gateway && (await sessionAnswer(this.#gateway.endSessions(command)));
  }

  async history(): Promise<readonly GenerationView[]> {
    if (this.#gateway === undefined) return [];
    return this.#history.views(1, new Map([[1, [await this.#gateway.metrics()]]]));
  }

  async requests(query: RequestQuery): Promise<readonly RequestView[]> {
    return this.#gateway?.requests(query) ?? [];
  }

  async openApi(): Promise<string | undefined> {
    return this.#gateway?.openApi();
  }

  async commandBreaker(command: BreakerCommand): Promise<void> {
    if ('open' in command) this.#gateway?.holdBreaker(command.open);
    else this.#gateway?.closeBreaker(command.close);
  }
}
