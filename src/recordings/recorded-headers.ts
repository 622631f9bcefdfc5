import type { HeaderList } from '../core/headers/header-list.ts';
import { httpDate } from '../core/headers/http-date.ts';
import type { Redaction } from './redaction.ts';

/** Fields that differ with every response, or that a replay makes itself. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'age',
  'date',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'server-timing',
  'traceparent',
  'traceresponse',
  'tracestate',
  'x-correlation-id',
  'x-request-id',
  'x-response-time',
  'x-trace-id',
]);

/** `Expires` as a time from the response on: at a replay the date would be past. */
const RELATIVE = /^in (-?\d+) s$/;

/** The fields of a response as they are written: `Name: value`. */
export function recordedFields({ flat }: HeaderList, redaction: Redaction): readonly string[] {
  const fields: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    if (!LEFT_OUT.has(name.toLowerCase())) fields.push(`${name}: ${redaction.header(name, flat[i + 1] ?? '')}`);
  }
  return fields;
}

/** The same response with an `Expires` that does not get old. */
export function withRelativeExpiry(headers: HeaderList, now: number): HeaderList {
  const expires = httpDate(headers.get('expires'));
  if (expires === undefined) return headers;
  const from = httpDate(headers.get('date')) ?? now;
  return headers.set('Expires', `in ${Math.round((expires - from) / 1000)} s`);
}

/** The fields of a replayed response: name, value, name, value, ... */
export function replayedFields(fields: readonly string[], now: number): string[] {
  return fields.flatMap(field => {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon);
    const value = field.slice(colon + 1).trim();
    const seconds = name.toLowerCase() === 'expires' ? RELATIVE.exec(value)?.[1] : undefined;
    return [name, seconds === undefined ? value : new Date(now + Number(seconds) * 1000).toUTCString()];
  });
}
