import { inTenths } from '../core/milliseconds.ts';
import { cacheWord } from './cache-word.ts';
import type { RequestRecord } from './record/request-record.ts';
import type { PartRecord, SiteRecord } from './record/site-record.ts';

/**
 * The value of Server-Timing: the results of cache, breaker and fallback, the number of attempts, and the duration of
 * each part. Clients see it, so it names no target.
 */
export function serverTiming(record: RequestRecord): string {
  const entries = notesOf(record).map(([key, value]) => `${key};desc=${quoted(value)}`);
  for (const part of record.parts) entries.push(partEntry(part));
  entries.push(`total;dur=${inTenths(record.elapsedMs())}`);
  return entries.join(', ');
}

type Note = readonly [key: string, value: string | undefined];

function notesOf(record: SiteRecord): readonly (readonly [key: string, value: string])[] {
  const { cacheStatus, breaker, fallback } = record;
  const notes: readonly Note[] = [
    ['breaker', breaker],
    ...notesOfCalls([record, ...record.parts]),
    ['cache', cacheStatus && cacheWord(cacheStatus)],
    ['fallback', fallback],
  ];
  return notes.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

/** A part has one entry, so what happened to its calls stands with that of the others. */
function notesOfCalls(sites: readonly SiteRecord[]): readonly Note[] {
  const called = sites.filter(({ attempts }) => attempts.length > 0);
  const last = called.toSorted((a, b) => lastStart(a) - lastStart(b)).at(-1);
  const targets = last?.pool?.targets() ?? [];
  const used = targets.filter(({ aside }) => aside === undefined);
  return [
    ['limit', sites.find(({ limit }) => limit === 'refused')?.limit ?? sites.find(({ limit }) => limit)?.limit],
    ['sent', last && String(last.attempts.length)],
    ['targets', targets.length < 2 ? undefined : `${used.length} of ${targets.length}`],
    ['retry', sites.flatMap(({ retries }) => retries).at(-1)],
    ['hedge', sites.some(({ isHedged }) => isHedged) ? 'sent' : undefined],
  ];
}

function lastStart({ attempts }: SiteRecord): number {
  return attempts.at(-1)?.startedAt ?? 0;
}

function partEntry(part: PartRecord): string {
  return `part.${part.name};dur=${inTenths(part.elapsedMs())};desc=${quoted(outcomeOf(part))}`;
}

function outcomeOf({ isAbsent, failure, fallback, cacheStatus }: PartRecord): string {
  if (isAbsent) return `optional: ${failure ?? 'left out'}`;
  if (fallback !== undefined) return `fallback: ${fallback}`;
  return failure ?? (cacheStatus === undefined ? 'ok' : cacheWord(cacheStatus));
}

// RFC 9110 §5.6.4: a description is a quoted string.
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\t\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
