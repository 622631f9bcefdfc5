import type { MetricObjectWithValues, MetricValue } from '@prometheus-io/client';

const NAME = 'http_server_request_duration_seconds';
/** The labels of the histogram. */
export const DURATION_LABELS = ['http_request_method', 'http_route', 'http_response_status_code'] as const;
/** Upper ends of the buckets, in milliseconds. */
const BUCKET_ENDS_MS = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** The counts for one combination of labels; the last one is for times above every bucket. */
interface Series {
  readonly labels: Readonly<Record<(typeof DURATION_LABELS)[number], string>>;
  readonly counts: Float64Array;
  sumMs: number;
}

/**
 * The durations of requests. Counted here and converted to a Prometheus histogram when it is read, because the
 * library's own histogram joins the labels of each observation to a key.
 */
export class RequestDurations {
  readonly #routes = new Map<string, Map<string, (Series | undefined)[]>>();

  observe(method: string, route: string, status: number, ms: number): void {
    const series = this.#routes.get(route)?.get(method)?.[status] ?? this.#begin(method, route, status);
    let bucket = 0;
    while (bucket < BUCKET_ENDS_MS.length && ms > (BUCKET_ENDS_MS[bucket] ?? 0)) bucket++;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sumMs += ms;
  }

  /** In the form of a histogram in the library's registry. */
  snapshot(): MetricObjectWithValues<MetricValue<string>> {
    const all = [...this.#routes.values()].flatMap(methods => [...methods.values()]).flat();
    const metric = {
      name: NAME,
      help: 'Time from the request head to the last byte of the response',
      type: 'histogram',
      values: all.flatMap(series => (series === undefined ? [] : valuesOf(series))),
      aggregator: 'sum',
    };
    // The types of the library have no buckets.
    return metric as unknown as MetricObjectWithValues<MetricValue<string>>;
  }

  #begin(method: string, route: string, status: number): Series {
    const methods = this.#routes.get(route) ?? new Map<string, (Series | undefined)[]>();
    const statuses = methods.get(method) ?? [];
    const series = {
      labels: { http_request_method: method, http_route: route, http_response_status_code: String(status) },
      counts: new Float64Array(BUCKET_ENDS_MS.length + 1),
      sumMs: 0,
    };
    statuses[status] = series;
    methods.set(method, statuses);
    this.#routes.set(route, methods);
    return series;
  }
}

function valuesOf({ labels, counts, sumMs }: Series): readonly object[] {
  let count = 0;
  const buckets = [...BUCKET_ENDS_MS.map(ms => ms / 1_000), '+Inf'].map((le, bucket) => {
    count += counts[bucket] ?? 0;
    return { labels: { le, ...labels }, value: count, metricName: `${NAME}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sumMs / 1_000, metricName: `${NAME}_sum` },
    { labels, value: count, metricName: `${NAME}_count` },
  ];
}
