import { Registry } from '@prometheus-io/client';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { cell, table } from './page.ts';

export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Only the metric itself knows its labels: a snapshot without samples omits them. */
class WatchedMetrics {
  readonly labels = new Map<string, readonly string[]>();

  watch(): () => void {
    const register = Registry.prototype.registerMetric;
    const { labels } = this;
    Registry.prototype.registerMetric = function watched(metric) {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: readonly string[] };
      labels.set(name, labelNames);
      Reflect.apply(register, this, [metric]);
    };
    return () => {
      Registry.prototype.registerMetric = register;
    };
  }
}

export async function readMetrics(): Promise<readonly MetricRow[]> {
  const watched = new WatchedMetrics();
  const stop = watched.watch();
  const metrics = new Metrics({ services: () => [], store: () => ({ bytes: 0, entries: 0 }) });
  stop();
  return (await metrics.snapshot()).map(({ name, type, help }) => ({
    name,
    type: String(type),
    labels: watched.labels.get(name) ?? [],
    help,
  }));
}

export async function metricTable(): Promise<string> {
  const rows = (await readMetrics()).map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map(label => `\`${label}\``).join(', ') || '–',
    cell(help),
  ]);
  return table(['metric', 'type', 'labels', 'meaning'], rows);
}
