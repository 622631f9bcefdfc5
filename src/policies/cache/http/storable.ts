import { mayBeKept } from '../../../config/storable-status.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import { isEventStream } from '../../../core/headers/media-type.ts';
import type { Reply } from '../../../core/reply.ts';
import type { CacheControl } from './cache-control.ts';

/** The storing rules of a call site. */
export interface StoreRule {
  readonly profile: 'default' | 'rfc9111';
  /** Whether responses are stored for one user each, so that `private` is allowed. */
  readonly perUser: boolean;
  /** Whether a response with Set-Cookie is stored with its cookie. */
  readonly setCookie: boolean;
}

/** Statuses whose caching requirements this cache understands (RFC 9111 §3, §5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 421, 451, 501,
]);

/** Why a response is not stored, for `Cache-Status` and `portico explain`. */
export type NoCacheReason =
  | 'status'
  | 'no-store'
  | 'private'
  | 'set-cookie'
  | 'authorization'
  | 'cookie'
  | 'event-stream'
  | 'vary-star'
  | 'no-lifetime'
  | 'stale-on-arrival'
  | 'too-long'
  | 'part-missing';

/**
 * The reason why a response may not be shared (RFC 9111 §3); undefined for none. Decided by the response itself, never
 * by the path's suffix.
 * @param request the headers of its request.
 */
export function refusal(
  reply: Reply,
  control: CacheControl,
  request: HeaderList,
  rule: StoreRule,
): NoCacheReason | undefined {
  const { status, headers } = reply;
  if (!mayBeKept(status, rule.profile)) return 'status';
  return (
    fieldRefusal(headers, control, request, rule) ??
    (control.mustUnderstand && !UNDERSTOOD.has(status) ? 'status' : undefined)
  );
}

/** The same for any status: the reason in the fields. */
export function fieldRefusal(
  headers: HeaderList,
  control: CacheControl,
  request: HeaderList,
  rule: StoreRule,
): NoCacheReason | undefined {
  const byLetter = rule.profile === 'rfc9111';
  // RFC 9111 §5.2.2.3: a cache that understands the status may ignore no-store beside must-understand.
  if (control.noStore && !(byLetter && control.mustUnderstand)) return 'no-store';
  if (!rule.perUser && (control.isPrivate === true || (control.isPrivate !== false && !byLetter))) return 'private';
  if (!byLetter && !rule.setCookie && headers.has('set-cookie')) return 'set-cookie';
  if (!rule.perUser && request.has('authorization') && !isForAuthorized(control)) return 'authorization';
  // A response to a request with a cookie may be that user's, whatever its Vary is.
  if (!byLetter && !rule.perUser && request.has('cookie')) return 'cookie';
  // It ends when its reader disconnects, and a shared fetch has none.
  if (isEventStream(headers)) return 'event-stream';
  // RFC 9111 §4.1: a `*` matches nothing.
  return headers.all('vary').some(line => line.includes('*')) ? 'vary-star' : undefined;
}

/** RFC 9111 §3.5: the response to a request with credentials may be shared only with permission. */
export function isForAuthorized(control: CacheControl): boolean {
  return control.isPublic || control.mustRevalidate || control.sMaxAge !== undefined;
}
