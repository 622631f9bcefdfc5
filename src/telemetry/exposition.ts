import type { MetricData } from './duration-histogram.ts';
import type { MetricsSnapshot } from './metrics.ts';
import { Registry } from './prometheus.ts';

/** A snapshot as Prometheus reads it. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/**
 * @param accept the request's `Accept`: OpenMetrics, which has the exemplars, if it prefers that, else Prometheus's own
 * format.
 */
export async function exposition(snapshot: MetricsSnapshot, accept: string | undefined): Promise<Exposition> {
  const type = prefersOpenMetrics(accept) ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const registry = new Registry(type);
  for (const metric of snapshot) register(registry, metric);
  return { contentType: type, text: await registry.metrics() };
}

function register(registry: InstanceType<typeof Registry>, metric: MetricData): void {
  // For OpenMetrics the registry takes `_total` off the name of a counter, and reads the name of what `get` returns.
  const registered = { ...metric, get: () => registered };
  registry.registerMetric(registered as unknown as Parameters<typeof registry.registerMetric>[0]);
}

const OPEN_METRICS = 'application/openmetrics-text';

/** Prometheus lists what it reads with `q`, OpenMetrics first; a browser names neither. */
function prefersOpenMetrics(accept = ''): boolean {
  const qualities = accept.split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(text => text.trim().toLowerCase());
    const q = parameters.find(text => text.startsWith('q='));
    return { type, q: q === undefined ? 1 : Number(q.slice(2)) };
  });
  const of = (...types: readonly string[]): number =>
    Math.max(0, ...qualities.filter(({ type }) => types.includes(type)).map(({ q }) => q));
  return of(OPEN_METRICS) > 0 && of(OPEN_METRICS) >= of('text/plain', 'text/*');
}
