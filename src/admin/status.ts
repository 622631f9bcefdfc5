import type { BreakerCommand } from '../config/breaker-command.ts';
import type { PurgeRequest } from '../config/purge-request.ts';
import type { BreakerReading } from '../core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from '../core/explanation.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { RouteRow } from './route-row.ts';

/** Where a gateway is in its life. */
export type ProcessPhase = 'starting' | 'ready' | 'draining';

/** What the admin port reads and commands; one process and a worker pool both implement it. */
export interface Status {
  readonly phase: ProcessPhase;
  /** From 1; how many times the routes were loaded with success. 0 before the first time. */
  readonly generation: number;
  /** The processes that answer. */
  readonly pids: readonly number[];
  readonly routes: readonly RouteRow[];
  /** Of all processes together. */
  metrics(): Promise<MetricsSnapshot>;
  /**
   * Makes stored responses stale; resolves when all processes have done so.
   * @returns how many in the memory of the processes it covers.
   */
  purge(command: PurgeRequest): Promise<number>;
  /** What each process would do with a request; those that are too busy to say so are missing. */
  explain(query: ExplainQuery): Promise<readonly WorkerExplanation[]>;
  /** The circuits of each process; processes that are too busy to respond are missing. */
  breakers(): Promise<readonly WorkerBreakers[]>;
  /**
   * Holds a circuit open, or closes it; resolves when all processes have done so. Processes that come later hold it,
   * too.
   */
  commandBreaker(command: BreakerCommand): Promise<void>;
}

export interface WorkerBreakers {
  readonly pid: number;
  readonly breakers: readonly BreakerReading[];
}

export interface WorkerExplanation {
  readonly pid: number;
  readonly explanation: Explanation;
}
