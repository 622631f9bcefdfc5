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

function sum(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return Registry.aggregate([...snapshots]).getMetricsAsJSON();
}
