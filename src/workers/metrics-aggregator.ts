import { Registry } from '@prometheus-io/client';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

const LASTING: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary']);

/**
 * Adds up what workers measured. Counts of workers that left stay: a sum that falls would look like a restart of all of
 * them.
 */
export class MetricsAggregator {
  #left: Promise<MetricsSnapshot> = Promise.resolve([]);

  /** A worker is gone; its counts remain. */
  keep(metrics: MetricsSnapshot): void {
    const lasting = metrics.filter(({ type }) => LASTING.has(type));
    this.#left = this.#left.then(left => sum([left, lasting]));
  }

  /**
   * @param measuring of the workers there are at this moment: one that leaves before it has answered is not counted
   * twice.
   */
  async with(measuring: Promise<readonly MetricsSnapshot[]>): Promise<MetricsSnapshot> {
    const left = this.#left;
    return sum([await left, ...(await measuring)]);
  }
}

function sum(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return Registry.aggregate([...snapshots]).getMetricsAsJSON();
}
