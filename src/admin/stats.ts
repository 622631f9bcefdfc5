import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { HTTP_ENDS_MS } from '../telemetry/request-metrics.ts';
import { addRouteTotals, type RouteTotals } from '../telemetry/route-totals.ts';
import { type AdminResponse, json } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/**
 * `GET /stats`: the counters of all processes since their start, so that two of these responses give rates and
 * percentiles. Only routes with requests are in it.
 */
export async function stats(gateway: ManagedGateway): Promise<AdminResponse> {
  const { phase, generation, pids, routes, canReload } = gateway;
  const snapshot = await gateway.metrics();
  const totals = new Map<string, RouteTotals>();
  addRouteTotals(totals, snapshot);
  return json(200, {
    at: new Date().toISOString(),
    // Two responses are compared by it, since the time of day may step.
    uptimeMs: Math.round(performance.now()),
    status: phase,
    generation,
    workers: pids.length,
    canReload,
    routeCount: routes.length,
    active: sumOf(snapshot, 'http_server_active_requests'),
    eventLoop: eventLoop(snapshot),
    endsMs: HTTP_ENDS_MS,
    routes: [...totals].map(([route, { requests, errors, buckets }]) => ({ route, requests, errors, buckets })),
    cache: cacheResults(snapshot),
  });
}

/** How late the event loops came to a timer, as counts of a histogram whose last bucket has no end. */
function eventLoop(snapshot: MetricsSnapshot): { readonly endsMs: number[]; readonly buckets: number[] } {
  const name = 'nodejs_eventloop_delay_seconds_bucket';
  const series = valuesOf(snapshot, 'nodejs_eventloop_delay_seconds').filter(({ metricName }) => metricName === name);
  const ends = series.map(({ labels }) => labels.le).filter(le => le !== '+Inf');
  return { endsMs: ends.map(le => Number(le) * 1_000), buckets: series.map(({ value }) => value) };
}

type CacheCounts = { readonly route: string; readonly part: string } & Record<string, number | string>;

/** One row for each route or part that has a cache and had a request. */
function cacheResults(snapshot: MetricsSnapshot): readonly CacheCounts[] {
  const rows = new Map<string, CacheCounts>();
  for (const { labels, value } of valuesOf(snapshot, 'portico_cache_requests_total')) {
    const [route, part] = [String(labels.route), String(labels.part)];
    const key = JSON.stringify([route, part]);
    const row: CacheCounts = rows.get(key) ?? { route, part, hit: 0, miss: 0, revalidated: 0, stale: 0, bypass: 0 };
    rows.set(key, Object.assign(row, { [String(labels.result)]: value }));
  }
  return [...rows.values()];
}

function sumOf(snapshot: MetricsSnapshot, name: string): number {
  return valuesOf(snapshot, name).reduce((sum, { value }) => sum + value, 0);
}

interface SeriesValue {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  readonly metricName?: string;
}

function valuesOf(snapshot: MetricsSnapshot, name: string): readonly SeriesValue[] {
  return snapshot.find(metric => metric.name === name)?.values ?? [];
}
