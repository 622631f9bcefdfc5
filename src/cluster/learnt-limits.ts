import type { MetricsSnapshot } from '../observe/metrics.ts';

/** How many calls each service may have in flight by what workers have learnt; of several the most. */
export function learntLimits(snapshots: readonly MetricsSnapshot[]): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {};
  for (const { name, values } of snapshots.flat()) {
    if (name !== 'portico_service_limit') continue;
    for (const { value, labels } of values) {
      const service = String(labels.service);
      limits[service] = Math.max(limits[service] ?? 0, value);
    }
  }
  return limits;
}
