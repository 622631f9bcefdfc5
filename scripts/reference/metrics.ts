import { Registry } from '@prometheus-io/client';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { readDeclarations } from './docstrings.ts';
import { cell, table } from './page.ts';

interface MetricRow {
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

async function readMetrics(): Promise<readonly MetricRow[]> {
  const watched = new WatchedMetrics();
  const stop = watched.watch();
  const metrics = new Metrics({ services: () => [], store: () => ({ bytes: 0, entries: 0 }) });
  // Only a gateway with sign-in has them.
  metrics.sessions();
  stop();
  // The registry does not know them.
  const counted = new Map(metrics.histograms.map(({ name, labelNames }) => [name, labelNames]));
  return (await metrics.snapshot()).map(({ name, type, help }) => ({
    name,
    type: String(type),
    labels: watched.labels.get(name) ?? counted.get(name) ?? [],
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

/** The fields of a log line about a request, from the docstrings of their type. */
export async function logFieldTable(root: string): Promise<string> {
  const declarations = await readDeclarations(root, ['src/telemetry/log.ts']);
  const members = ['RequestLine', 'FailureLine'].flatMap(name => [...(declarations.get(name)?.members.values() ?? [])]);
  if (members.some(({ doc }) => doc === '')) throw new Error('a field of the log has no docstring');
  return table(
    ['field', 'meaning'],
    members.map(({ name, doc }) => [`\`${name}\``, cell(doc.replace(/\.$/, ''))]),
  );
}
