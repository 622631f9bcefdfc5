import type * as Prometheus from '@prometheus-io/client';
import type { RouteCounts } from '../core/process-views.ts';
import { withoutEnd } from '../core/request-counts.ts';
import { DurationHistogram, type DurationSeries, usualMs } from './duration-histogram.ts';
import { knownMethod, OutcomeSeries } from './outcome-series.ts';
import { Gauge } from './prometheus.ts';
import type { RequestRecord } from './record/request-record.ts';

/** OpenTelemetry's buckets (HTTP metrics, `http.server.request.duration`), and 1 ms, because a hit takes less. */
export const HTTP_ENDS_MS = [1, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];
/** Of the gateway's own time. */
const OVERHEAD_ENDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000];

/** What the metrics read of a record. */
export type MeasuredRequest = Pick<
  RequestRecord,
  | 'route'
  | 'method'
  | 'status'
  | 'durationMs'
  | 'waitingMs'
  | 'protocol'
  | 'errorType'
  | 'traceParent'
  | 'startedAt'
  | 'parts'
  | 'active'
>;

type ByProtocol<T> = Readonly<Record<RequestRecord['protocol'], T>>;

interface ActiveCount {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
}

/** The series of one route. */
interface RouteSeries {
  /** By method. */
  readonly outcomes: ByProtocol<Map<string, OutcomeSeries>>;
  readonly overhead: DurationSeries;
  readonly parts: Map<string, DurationSeries>;
}

/**
 * Requests of clients: how long they take, how much of it is the gateway's own time, and how many are active. Labels
 * come from the project's files and from short lists, so that clients cannot make series.
 */
export class RequestMetrics {
  readonly #durations = new DurationHistogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the request head to the last byte of the response; error_type is the code of the failure',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code', 'url_scheme', 'error_type'],
    endsMs: HTTP_ENDS_MS,
  });
  readonly #overhead = new DurationHistogram({
    name: 'portico_overhead_seconds',
    help: "A request's time without its waits for backends, permits, stores and the client: the gateway and own functions",
    labelNames: ['http_route'],
    endsMs: OVERHEAD_ENDS_MS,
  });
  readonly #parts = new DurationHistogram({
    name: 'portico_part_duration_seconds',
    help: 'Time of a part of an aggregate, from when it may start to its value',
    labelNames: ['http_route', 'part'],
    endsMs: HTTP_ENDS_MS,
  });
  readonly #activeGauge: Prometheus.Gauge<string>;
  /** By method. */
  readonly #active: ByProtocol<Map<string, ActiveCount>> = { http: new Map(), https: new Map() };
  readonly #routes = new Map<string, RouteSeries>();

  constructor(registry: Prometheus.Registry) {
    this.#activeGauge = new Gauge({
      name: 'http_server_active_requests',
      help: 'Requests that are handled at this moment, with event streams and WebSockets',
      labelNames: ['http_request_method', 'url_scheme'],
      registers: [registry],
    });
  }

  get histograms(): readonly DurationHistogram[] {
    return [this.#durations, this.#overhead, this.#parts];
  }

  /** The request counts as active until `finished`. */
  began(record: RequestRecord): void {
    const { protocol, method } = record;
    const active = this.#active[protocol].get(method) ?? this.#beginActive(protocol, method);
    active.count++;
    record.active = active;
  }

  finished(record: MeasuredRequest): void {
    if (record.active !== undefined) record.active.count--;
    const { route = 'none', durationMs, traceParent } = record;
    const of = this.#routes.get(route) ?? this.#beginRoute(route);
    const series = this.#seriesOf(of, route, record);
    if (traceParent === undefined) series.observe(durationMs);
    else series.observeTraced(durationMs, traceParent, record.startedAt + durationMs);
    of.overhead.observe(Math.max(0, durationMs - record.waitingMs));
    if (record.parts.length > 0) this.#partsFinished(of, route, record.parts);
  }

  #partsFinished(of: RouteSeries, route: string, parts: MeasuredRequest['parts']): void {
    for (const { name, startedAt, endedAt } of parts) {
      if (endedAt !== undefined) this.#partOf(of, route, name).observe(endedAt - startedAt);
    }
  }

  /** What 95 % of the requests of a route take at most; undefined without enough requests. */
  usualMs(route: string, method: string): number | undefined {
    const outcomes = this.#routes.get(route)?.outcomes;
    const all = [outcomes?.http.get(method), outcomes?.https.get(method)].flatMap(series => series?.all ?? []);
    return usualMs(all, HTTP_ENDS_MS);
  }

  /** The same for the gateway's own time in a request. */
  usualOwnMs(route: string): number | undefined {
    const series = this.#routes.get(route)?.overhead;
    return series && usualMs([series], OVERHEAD_ENDS_MS);
  }

  /** The same for a part of an aggregate. */
  usualPartMs(route: string, part: string): number | undefined {
    const series = this.#routes.get(route)?.parts.get(part);
    return series && usualMs([series], HTTP_ENDS_MS);
  }

  /** Requests that are handled at this moment. */
  get active(): number {
    const counts = Object.values(this.#active).flatMap(byMethod => [...new Set(byMethod.values())]);
    return counts.reduce((sum, { count }) => sum + count, 0);
  }

  /** The routes with requests, added up over methods and statuses. */
  counts(): RouteCounts[] {
    return countsByRoute(this.#durations.all);
  }

  collect(): void {
    for (const counts of Object.values(this.#active)) {
      for (const { labels, count } of counts.values()) this.#activeGauge.set(labels, count);
    }
  }

  #seriesOf({ outcomes }: RouteSeries, route: string, record: MeasuredRequest): DurationSeries {
    const { protocol, status, errorType } = record;
    const series = outcomes[protocol].get(record.method);
    return (series ?? this.#beginMethod(outcomes[protocol], route, record)).of(status, errorType);
  }

  /** Methods without a label of their own share one. Node's parser knows few, so that the maps stay small. */
  #beginMethod(
    outcomes: Map<string, OutcomeSeries>,
    route: string,
    { method, protocol }: MeasuredRequest,
  ): OutcomeSeries {
    const label = knownMethod(method);
    const labels = { http_request_method: label, http_route: route, url_scheme: protocol };
    const series = outcomes.get(label) ?? new OutcomeSeries(this.#durations, labels);
    outcomes.set(label, series);
    outcomes.set(method, series);
    return series;
  }

  #beginActive(protocol: RequestRecord['protocol'], method: string): ActiveCount {
    const counts = this.#active[protocol];
    const label = knownMethod(method);
    const labels = { http_request_method: label, url_scheme: protocol };
    const active = counts.get(label) ?? { labels, count: 0 };
    counts.set(label, active);
    counts.set(method, active);
    return active;
  }

  #beginRoute(route: string): RouteSeries {
    const overhead = this.#overhead.series({ http_route: route });
    const outcomes = { http: new Map(), https: new Map() };
    const series = { outcomes, overhead, parts: new Map() };
    this.#routes.set(route, series);
    return series;
  }

  #partOf({ parts }: RouteSeries, route: string, part: string): DurationSeries {
    let series = parts.get(part);
    if (series === undefined) {
      series = this.#parts.series({ http_route: route, part });
      parts.set(part, series);
    }
    return series;
  }
}

/** In loops, because a gateway may have ten thousand routes, and all of them are read at once. */
function countsByRoute(all: readonly DurationSeries[]): RouteCounts[] {
  const totals = new Map<string, SummedSeries>();
  for (const { labels, counts } of all) {
    const { http_route: route = 'none', http_response_status_code: status } = labels;
    const of = totals.get(route) ?? { requests: 0, errors: 0, buckets: HTTP_ENDS_MS.concat(0).fill(0) };
    totals.set(route, of);
    let requests = 0;
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] ?? 0;
      requests += count;
      of.buckets[i] = (of.buckets[i] ?? 0) + count;
    }
    of.requests += requests;
    if (status?.startsWith('5')) of.errors += requests;
  }
  return [...totals].map(([route, { buckets, ...of }]) => ({ route, ...of, buckets: withoutEnd(buckets) }));
}

interface SummedSeries {
  requests: number;
  errors: number;
  readonly buckets: number[];
}
