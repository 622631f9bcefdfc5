import type { BreakerReading } from '../core/breaker-reading.ts';
import type { Explanation, Question } from '../core/explanation.ts';
import type { BreakerOrder } from '../define/breaker-order.ts';
import type { PurgeOrder } from '../define/purge.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';
import type { RouteRow } from './route-row.ts';

/** Where a gateway is in its life. */
export type Phase = 'starting' | 'ready' | 'draining';

/** What the operator's door reads, and what can be done through it; one process and a cluster both have it. */
export interface Status {
  readonly phase: Phase;
  /** From 1; how many times the routes were loaded with success. 0 before the first time. */
  readonly generation: number;
  /** The processes that answer. */
  readonly pids: readonly number[];
  readonly routes: readonly RouteRow[];
  /** Of all processes together. */
  metrics(): Promise<MetricsSnapshot>;
  /** Makes stored answers stale; resolves when all processes have done so. */
  purge(order: PurgeOrder): Promise<void>;
  /** What each process would do with a request; those that are too busy to say so are missing. */
  explain(question: Question): Promise<readonly WorkerExplanation[]>;
  /** The circuits of each process; those that are too busy to tell are missing. */
  breakers(): Promise<readonly WorkerBreakers[]>;
  /** Holds a circuit open, or closes it; resolves when all processes have done so. Processes that come later hold it, too. */
  orderBreaker(order: BreakerOrder): Promise<void>;
}

export interface WorkerBreakers {
  readonly pid: number;
  readonly breakers: readonly BreakerReading[];
}

export interface WorkerExplanation {
  readonly pid: number;
  readonly explanation: Explanation;
}
