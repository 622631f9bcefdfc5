import type { BreakerCommand } from '../config/breaker-command.ts';
import type { PurgeRequest } from '../config/purge-request.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { BreakerReading } from '../core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from '../core/explanation.ts';
import type { GenerationView } from '../core/generation-view.ts';
import type { ProcessSubject, ProcessViews, RequestCounts } from '../core/process-views.ts';
import type { RequestQuery, RequestView } from '../core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../core/session-listing.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { ReloadOutcome } from './reload-outcome.ts';
import type { RouteRow } from './route-row.ts';
import type { SessionAnswer } from './session-answer.ts';

/** The phases of a gateway. */
export type ProcessPhase = 'starting' | 'ready' | 'draining';

/** The interface of the admin port to the gateway; one process and a worker pool both implement it. */
export interface ManagedGateway {
  readonly phase: ProcessPhase;
  /** The number of successful loads of the routes; 0 before the first one. */
  readonly generation: number;
  /** The serving processes. */
  readonly pids: readonly number[];
  readonly routes: readonly RouteRow[];
  /** Whether it can load its routes anew. */
  readonly canReload: boolean;
  /** Of all processes together. */
  metrics(): Promise<MetricsSnapshot>;
  /**
   * Purges stored responses; resolves when all processes have done so.
   * @returns the number of stored responses in the memory of the processes that it covers.
   */
  purge(command: PurgeRequest): Promise<number>;
  /** Loads the routes anew; resolves when the new generation serves, or will not. */
  reload(): Promise<ReloadOutcome>;
  /** The explanation of each process; processes that do not respond in time are missing. */
  explain(query: ExplainQuery): Promise<readonly WorkerExplanation[]>;
  /** The circuits of each process; processes that do not respond in time are missing. */
  breakers(): Promise<readonly WorkerBreakers[]>;
  /** What all processes have counted, also those that have ended. */
  counts(): Promise<RequestCounts>;
  /** A view of each process; processes that do not respond in time are missing. */
  inspect<Subject extends ProcessSubject>(subject: Subject): Promise<readonly WorkerView<Subject>[]>;
  /** The sessions, which all processes share; undefined if no process responds in time. */
  sessions(query: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined>;
  /** Ends sessions; resolves when all processes know it. Undefined if no process responds in time. */
  endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined>;
  /** Every load of the routes, the latest first. */
  history(): Promise<readonly GenerationView[]>;
  /** The latest requests of all processes, the latest first; processes that do not respond in time are missing. */
  requests(query: RequestQuery): Promise<readonly RequestView[]>;
  /**
   * The routes as OpenAPI, in JSON; undefined before the first load, or if no process responds in time. It is written
   * on demand, so that a start neither writes nor keeps it.
   */
  openApi(): Promise<string | undefined>;
  /**
   * Forces a circuit open, or closes it; resolves when all processes have done so. Later processes force it open too.
   */
  commandBreaker(command: BreakerCommand): Promise<void>;
}

export interface WorkerView<Subject extends ProcessSubject> {
  readonly pid: number;
  readonly view: ProcessViews[Subject];
}

export interface WorkerBreakers {
  readonly pid: number;
  readonly breakers: readonly BreakerReading[];
}

export interface WorkerExplanation {
  readonly pid: number;
  readonly explanation: Explanation;
}
