import type { MetricsSnapshot } from '../observe/metrics.ts';
import type { RouteRow } from './route-row.ts';

/** Where a gateway is in its life. */
export type Phase = 'starting' | 'ready' | 'draining';

/** What the operator's door reads; one process and a cluster both have it. */
export interface Status {
  readonly phase: Phase;
  /** From 1; how many times the routes were loaded with success. 0 before the first time. */
  readonly generation: number;
  /** The processes that answer. */
  readonly pids: readonly number[];
  readonly routes: readonly RouteRow[];
  /** Of all processes together. */
  metrics(): Promise<MetricsSnapshot>;
}
