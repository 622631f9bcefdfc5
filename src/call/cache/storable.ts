import { isEventStream } from '../../core/headers/media-type.ts';
import type { Reply } from '../../core/reply.ts';
import type { CacheControl } from './cache-control.ts';

// RFC 9110 §15.1: what may be kept on a route's word alone; a response's own freshness admits any final status.
const KEPT_WHEN_SILENT: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 410]);
const NEVER_KEPT: ReadonlySet<number> = new Set([206, 304, 400, 413, 431]);

/**
 * Whether an answer may be given to others (RFC 9111 §3). Decided by what the response itself says, never by the path's suffix.
 * @param explicit whether the response says how long it is fresh.
 */
export function isStorable(reply: Reply, control: CacheControl, explicit: boolean): boolean {
  if (NEVER_KEPT.has(reply.status) || reply.status >= 500) return false;
  if (!explicit && !KEPT_WHEN_SILENT.has(reply.status)) return false;
  if (control.noStore || control.isPrivate || control.noCache) return false;
  if (reply.headers.has('set-cookie')) return false;
  // It ends when its reader leaves, and a fetch for everybody has none.
  if (isEventStream(reply.headers)) return false;
  return !reply.headers.all('vary').some(line => line.includes('*'));
}

export function saysFreshness(reply: Reply, control: CacheControl): boolean {
  return control.sMaxAge !== undefined || control.maxAge !== undefined || reply.headers.has('expires');
}
