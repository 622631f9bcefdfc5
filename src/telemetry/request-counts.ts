import type { CacheResult } from '../core/ports/meter.ts';
import type { CacheCounts, RequestCounts } from '../core/process-views.ts';
import { sumOfCacheCounts, withoutEnd } from '../core/request-counts.ts';
import type { MetricsSnapshot } from './metrics.ts';
import { addRouteTotals, type RouteTotals } from './route-totals.ts';

/** The counts in the metrics of a process, which has them in another form. */
export function countsIn(snapshot: MetricsSnapshot): RequestCounts {
  const totals = new Map<string, RouteTotals>();
  addRouteTotals(totals, snapshot);
  return {
    active: valuesOf(snapshot, 'http_server_active_requests').reduce((sum, { value }) => sum + value, 0),
    routes: [...totals].map(([route, { requests, errors, buckets }]) => ({
      route,
      requests,
      errors,
      buckets: withoutEnd(differences(buckets)),
    })),
    cache: sumOfCacheCounts(valuesOf(snapshot, 'portico_cache_requests_total').map(cacheCountsIn)),
    eventLoop: differences(
      valuesOf(snapshot, 'nodejs_eventloop_delay_seconds')
        .filter(({ metricName }) => metricName?.endsWith('_bucket'))
        .map(({ value }) => value),
    ),
  };
}

/** Buckets of Prometheus contain those before them. */
function differences(buckets: readonly number[]): readonly number[] {
  return buckets.map((count, i) => count - (buckets[i - 1] ?? 0));
}

const NO_RESULTS: Readonly<Record<CacheResult, number>> = { hit: 0, miss: 0, revalidated: 0, stale: 0, bypass: 0 };

/** Each result of a call site is a series of its own. */
function cacheCountsIn({ labels: { route, part, result }, value }: SeriesValue): CacheCounts {
  return { route: String(route), part: String(part), ...NO_RESULTS, [String(result)]: value };
}

interface SeriesValue {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  readonly metricName?: string;
}

function valuesOf(snapshot: MetricsSnapshot, name: string): readonly SeriesValue[] {
  return snapshot.find(metric => metric.name === name)?.values ?? [];
}
