import type { LearntLimit } from '../core/ports/limiter.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';

/**
 * What workers have learnt of services, for those that come next: of several workers what the one knows that has the most calls answered, and
 * the proof of a crowd where any of them has it.
 */
export function learntLimits(snapshots: readonly MetricsSnapshot[]): Readonly<Record<string, LearntLimit>> {
  const limits: Record<string, LearntLimit> = {};
  for (const snapshot of snapshots) {
    for (const [service, rate] of valuesOf(snapshot, 'portico_service_usual_rate')) {
      const known = limits[service];
      const held = isHeld(snapshot, service) || known?.held === true;
      const learnt = { ...timesOf(snapshot, service), rate: rate / 1_000, held };
      limits[service] = known !== undefined && known.rate >= learnt.rate ? { ...known, held } : learnt;
    }
  }
  return limits;
}

function timesOf(snapshot: MetricsSnapshot, service: string): Pick<LearntLimit, 'usualMs' | 'meanMs'> {
  const ms = (mean: string): number =>
    1_000 * (valuesOf(snapshot, 'portico_service_usual_seconds', { mean }).get(service) ?? 0);
  return { usualMs: ms('geometric'), meanMs: ms('arithmetic') };
}

function isHeld(snapshot: MetricsSnapshot, service: string): boolean {
  return valuesOf(snapshot, 'portico_service_limit_mode', { mode: 'held' }).get(service) === 1;
}

/** The values of a metric by service, as far as its other labels are these. */
function valuesOf(
  snapshot: MetricsSnapshot,
  name: string,
  wanted: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, number> {
  const values = snapshot.find(metric => metric.name === name)?.values ?? [];
  const meant = values.filter(({ labels }) =>
    Object.entries(wanted).every(([label, value]) => labels[label] === value),
  );
  return new Map(meant.map(({ labels, value }) => [String(labels.service), value]));
}
