import type { WorkerBreakers } from '../admin/managed-gateway.ts';
import type { BreakerReading } from '../core/breaker-reading.ts';
import { columns } from './columns.ts';

const HEAD = ['SITE', 'STATE', 'FAILED', 'SLOW', 'CALLS', 'RETRY', 'WORKERS', 'OF'];

/** Each worker has circuits of its own; those of one site in one state form a line with their calls summed. */
export function breakerLines(workers: readonly WorkerBreakers[]): string[] {
  const readings = workers.flatMap(({ breakers }) => breakers);
  if (readings.length === 0) return ['no circuits: no route or part of this gateway has a breaker'];
  const groups = [...Map.groupBy(readings, keyOf).values()].sort(([a], [b]) => compare(a, b));
  return columns([HEAD, ...groups.map(group => rowOf(group, workers.length))]);
}

function keyOf({ site, usedBy, services, state, held }: BreakerReading): string {
  const service = isShared(site, usedBy) ? '' : services.join();
  return JSON.stringify([site, service, state, held]);
}

function compare(a: BreakerReading | undefined, b: BreakerReading | undefined): number {
  return (a?.site ?? '').localeCompare(b?.site ?? '') || (a?.state ?? '').localeCompare(b?.state ?? '');
}

function rowOf(group: readonly BreakerReading[], workers: number): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const sum = (count: (reading: BreakerReading) => number) =>
    group.reduce((total, reading) => total + count(reading), 0);
  return [
    first.site,
    first.held ? 'held open by the operator' : first.state,
    String(sum(({ failed }) => failed)),
    first.slow === undefined ? '–' : String(sum(({ slow = 0 }) => slow)),
    String(sum(({ total }) => total)),
    retryText(group),
    group.length < workers ? `${group.length} of ${workers}` : String(workers),
    behind(first),
  ];
}

/** The shortest time until a probe. */
function retryText(group: readonly BreakerReading[]): string {
  if (group[0]?.state === 'closed' || group[0]?.held) return '–';
  const seconds = Math.min(...group.map(({ retryInSeconds = 0 }) => retryInSeconds));
  return seconds === 0 ? 'now' : `in ${seconds} s`;
}

function behind({ site, usedBy, services }: BreakerReading): string {
  if (usedBy.length === 0) return 'no site of that name now';
  return isShared(site, usedBy) ? usedBy.join(', ') : services.join(', ');
}

function isShared(site: string, usedBy: readonly string[]): boolean {
  return usedBy.some(user => user !== site);
}
