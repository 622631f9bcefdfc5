import type { Clock } from '../core/ports/clock.ts';
import { HEALTH_ROUTE, type Observer } from '../core/ports/observer.ts';
import type { Tracer } from '../core/ports/tracer.ts';
import type { GatewayLog } from './log.ts';
import type { Metrics } from './metrics.ts';
import { RecentRequests } from './recent-requests.ts';
import { type RecordReader, RequestRecord } from './record/request-record.ts';
import { serverTiming } from './server-timing.ts';

export interface ObservationParts {
  readonly metrics: Metrics;
  readonly log: GatewayLog;
  readonly clock: Clock;
  /** Whether responses carry Server-Timing. */
  readonly hasServerTiming: boolean;
  /** Undefined if nobody records traces. */
  readonly tracer: Tracer | undefined;
}

/** Creates the record of each request, and passes it on to log, metrics and the recent requests. */
export class Observation implements Observer, RecordReader {
  readonly recent = new RecentRequests();
  readonly fieldsFor?: (record: RequestRecord) => readonly string[];
  readonly #parts: ObservationParts;

  constructor(parts: ObservationParts) {
    this.#parts = parts;
    if (parts.hasServerTiming) this.fieldsFor = record => ['Server-Timing', serverTiming(record)];
  }

  record(method: string): RequestRecord {
    const { clock, tracer } = this.#parts;
    return new RequestRecord(method, clock, this, tracer);
  }

  began(record: RequestRecord): void {
    this.#parts.metrics.requests.began(record);
  }

  finished(record: RequestRecord): void {
    this.#parts.metrics.finished(record);
    this.#parts.log.finished(record);
    // Probes come every second, and push all else out.
    if (record.route !== HEALTH_ROUTE) this.recent.add(record);
  }
}
