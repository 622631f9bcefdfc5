import type { MetricsSnapshot } from './metrics.ts';
import { HTTP_ENDS_MS } from './request-metrics.ts';

/** The requests of a route, added up over methods and statuses. */
export interface RouteTotals {
  requests: number;
  /** Responses with 5xx. */
  errors: number;
  /** By the ends of the buckets; the last one is for times above every bucket. */
  readonly buckets: number[];
}

const NAME = 'http_server_request_duration_seconds';

/** Adds the requests of a process to those of others. */
export function addRouteTotals(totals: Map<string, RouteTotals>, snapshot: MetricsSnapshot): void {
  for (const { labels, value, metricName } of seriesIn(snapshot)) {
    const route = String(labels.http_route);
    const of = totals.get(route) ?? { requests: 0, errors: 0, buckets: [...HTTP_ENDS_MS, 0].map(() => 0) };
    totals.set(route, of);
    if (metricName === `${NAME}_count`) {
      of.requests += value;
      if (String(labels.http_response_status_code).startsWith('5')) of.errors += value;
    } else if (metricName === `${NAME}_bucket`) {
      const at =
        labels.le === '+Inf' ? HTTP_ENDS_MS.length : HTTP_ENDS_MS.indexOf(Math.round(Number(labels.le) * 1_000));
      // Buckets of Prometheus contain those before them.
      of.buckets[at] = (of.buckets[at] ?? 0) + value;
    }
  }
}

interface HistogramValue {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  readonly metricName?: string;
}

function seriesIn(snapshot: MetricsSnapshot): readonly HistogramValue[] {
  return snapshot.find(({ name }) => name === NAME)?.values ?? [];
}

/** What 95 % of the requests took at most: the end of their bucket; undefined if that has none. */
export function p95Ms({ requests, buckets }: RouteTotals): number | undefined {
  const at = buckets.findIndex(count => count >= requests * 0.95);
  return HTTP_ENDS_MS[at];
}
