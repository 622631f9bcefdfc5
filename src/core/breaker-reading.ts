import type { BreakerState } from './ports/meter.ts';

/** The state of a circuit in one process as plain data: a worker sends it, a program reads it. */
export interface BreakerReading {
  /**
   * The name for operators: its call site, `GET /api/products/{id}`, for a part `GET /api/product-page/{id}#stock`; or
   * the name that several sites share.
   */
  readonly site: string;
  /** The call sites that use it; empty for a forced-open name without a site in this process. */
  readonly usedBy: readonly string[];
  /** The services that these sites call. */
  readonly services: readonly string[];
  readonly state: BreakerState;
  /** Whether an operator forced it open. */
  readonly held: boolean;
  /** The failed calls of its window; while it is open, those of the window that opened it. */
  readonly failed: number;
  /** The slow calls; absent without a slow call duration. */
  readonly slow?: number;
  readonly total: number;
  /** Whole seconds until a probe may run; absent if one may run now, or if the time is unknown. */
  readonly retryInSeconds?: number;
}
