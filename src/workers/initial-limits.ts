import type { LearnedLimit } from '../core/ports/limiter.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/**
 * The learned limits for the next workers: for each service the values of the worker with the most responses, and
 * evidence of overload from any worker.
 */
export function initialLimits(snapshots: readonly MetricsSnapshot[]): Readonly<Record<string, LearnedLimit>> {
  const limits: Record<string, LearnedLimit> = {};
  for (const snapshot of snapshots) {
    for (const [service, rate] of valuesOf(snapshot, 'portico_service_usual_rate')) {
      const known = limits[service];
      const held = isHeld(snapshot, service) || known?.held === true;
      const learned = { ...timesOf(snapshot, service), rate: rate / 1_000, held };
      limits[service] = known !== undefined && known.rate >= learned.rate ? { ...known, held } : learned;
    }
  }
  return limits;
}

function timesOf(snapshot: MetricsSnapshot, service: string): Pick<LearnedLimit, 'usualMs' | 'meanMs'> {
  const ms = (mean: string): number =>
    1_000 * (valuesOf(snapshot, 'portico_service_usual_seconds', { mean }).get(service) ?? 0);
  return { usualMs: ms('geometric'), meanMs: ms('arithmetic') };
}

function isHeld(snapshot: MetricsSnapshot, service: string): boolean {
  return valuesOf(snapshot, 'portico_service_limit_mode', { mode: 'held' }).get(service) === 1;
}

/** The values of a metric by service, for these other labels. */
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
