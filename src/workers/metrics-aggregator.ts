import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { Registry } from '../telemetry/prometheus.ts';

const LASTING: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary']);

/**
 * Sums the metrics of workers. Counters of exited workers are kept, because a falling sum would look like a restart.
 */
export class MetricsAggregator {
  #left: Promise<MetricsSnapshot> = Promise.resolve([]);

  /** Keeps the counters of an exited worker. */
  keep(metrics: MetricsSnapshot): void {
    const lasting = metrics.filter(({ type }) => LASTING.has(type));
    this.#left = this.#left.then(left => sum([left, lasting]));
  }

  /** @param measuring the metrics of the current workers; a worker that exits meanwhile is not counted twice. */
  async with(measuring: Promise<readonly MetricsSnapshot[]>): Promise<MetricsSnapshot> {
    const left = this.#left;
    return sum([await left, ...(await measuring)]);
  }
}

/** The library adds values up and drops exemplars, of which the latest one stays. */
async function sum(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const exemplars = new Map<string, ShownExemplar>();
  for (const { name, values } of snapshots.flat()) {
    for (const value of values) keepLatest(exemplars, `${name} ${seriesOf(value)}`, value);
  }
  const sums = await Registry.aggregate([...snapshots]).getMetricsAsJSON();
  if (exemplars.size === 0) return sums;
  return sums.map(metric => ({
    ...metric,
    values: metric.values.map(value => {
      const exemplar = exemplars.get(`${metric.name} ${seriesOf(value)}`);
      return exemplar === undefined ? value : { ...value, exemplar };
    }),
  }));
}

interface ShownExemplar {
  readonly timestamp: number;
}

function keepLatest(exemplars: Map<string, ShownExemplar>, series: string, value: object): void {
  if (!('exemplar' in value)) return;
  const exemplar = value.exemplar as ShownExemplar;
  const known = exemplars.get(series);
  if (known === undefined || known.timestamp < exemplar.timestamp) exemplars.set(series, exemplar);
}

function seriesOf({ labels }: MetricsSnapshot[number]['values'][number]): string {
  return JSON.stringify(labels);
}
