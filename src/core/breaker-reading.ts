import type { BreakerState } from './ports/meter.ts';

/** How a circuit of one process stands, as plain data: a worker sends it, a program reads it. */
export interface BreakerReading {
  /**
   * What an operator calls it: its call site, `GET /api/products/{id}`, for a part `GET /api/product-page/{id}#stock`;
   * or the name that several sites share.
   */
  readonly site: string;
  /** The call sites that it stands before; none where a hold waits for a site that this process does not have. */
  readonly usedBy: readonly string[];
  /** The services that these call. */
  readonly services: readonly string[];
  readonly state: BreakerState;
  /** Whether an operator holds it open. */
  readonly held: boolean;
  /** How many calls of its window failed; while it is open, of the window that opened it. */
  readonly failed: number;
  /** How many were slow; absent where nothing is called slow. */
  readonly slow?: number;
  readonly total: number;
  /** Whole seconds until a probe may run; absent where one may run now, or where the time is not known. */
  readonly retryInSeconds?: number;
}
