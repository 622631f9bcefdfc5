import type { Exchange } from '../../../core/exchange.ts';
import type { Reply } from '../../../core/reply.ts';
import type { CachePolicy } from '../cacheability.ts';
import { hasUser } from '../storage/key.ts';
import { cacheControlOf } from './cache-control.ts';
import { type ClockReading, explicitLifetimeMs } from './freshness.ts';
import { isForAuthorized } from './storable.ts';

/**
 * Whether the response to a POST may serve a later GET of the same address (RFC 9110 §9.3.3): it has an explicit
 * lifetime and names its own address. That to a user may be for this user alone. Only in the `rfc9111` profile, because
 * any client may post anything, and by default one client must not decide for all.
 */
export function servesLaterGets(
  { profile, key }: CachePolicy,
  x: Exchange,
  { status, headers }: Reply,
  at: ClockReading,
): boolean {
  if (profile !== 'rfc9111' || x.method !== 'POST' || status !== 200) return false;
  if (!key.perUser && hasUser(x)) return false;
  const control = cacheControlOf(headers);
  if (explicitLifetimeMs(headers, control, at) === undefined) return false;
  if (x.headers.has('authorization') && !isForAuthorized(control)) return false;
  return isOwnAddress(headers.get('content-location'), x);
}

function isOwnAddress(reference: string | undefined, { client, path, search }: Exchange): boolean {
  if (reference === undefined || client === undefined) return false;
  const own = `${client.protocol}://${client.host}${client.mount}${path}${search}`;
  const named = URL.parse(reference, own)?.href;
  return named !== undefined && named === URL.parse(own)?.href;
}
