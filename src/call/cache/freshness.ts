import type { HeaderList } from '../../core/headers/header-list.ts';
import { httpDate } from '../../core/headers/http-date.ts';
import type { CacheControl } from './cache-control.ts';

/** What the route adds to what the response says, in milliseconds. */
export interface Lifetimes {
  readonly ttlMs: number | undefined;
  readonly swrMs: number | undefined;
  readonly staleIfErrorMs: number | undefined;
}

/** Until when a stored answer may be used for what; milliseconds since the epoch. */
export interface Freshness {
  /** When the answer was as old as nothing: now less its age on arrival. */
  readonly bornAt: number;
  readonly freshUntil: number;
  /** Served stale while it is asked for again. */
  readonly swrUntil: number;
  /** Served stale in place of a 5xx or a failure. */
  readonly sieUntil: number;
  /** Served stale in place of a failure that brought no answer at all. */
  readonly brokenUntil: number;
}

/** Without permission for more, a call that brought no answer is covered by what was fresh this long ago at most. */
const BROKEN_GRACE_MS = 60_000;

/** RFC 9111 §4.2; undefined where neither the response nor the route says how long the answer is fresh. */
export function freshnessOf(
  headers: HeaderList,
  control: CacheControl,
  route: Lifetimes,
  now: number,
): Freshness | undefined {
  const lifetimeMs = explicitLifetimeMs(headers, control, now) ?? route.ttlMs;
  if (lifetimeMs === undefined) return undefined;
  const bornAt = now - ageOnArrivalMs(headers, now);
  const freshUntil = bornAt + lifetimeMs;
  // RFC 5861 permits stale use expressly; RFC 9111 §4.2.4: must-revalidate forbids it expressly, s-maxage by implication only.
  const forbidden = control.mustRevalidate || control.proxyRevalidate;
  const swrMs = forbidden ? 0 : (millis(control.staleWhileRevalidate) ?? route.swrMs ?? 0);
  const sieMs = forbidden ? 0 : (millis(control.staleIfError) ?? route.staleIfErrorMs ?? 0);
  const graceMs = forbidden || control.sMaxAge !== undefined ? sieMs : Math.max(sieMs, BROKEN_GRACE_MS);
  return {
    bornAt,
    freshUntil,
    swrUntil: freshUntil + swrMs,
    sieUntil: freshUntil + sieMs,
    brokenUntil: freshUntil + graceMs,
  };
}

// RFC 9111 §4.2.1: s-maxage, then max-age, then Expires less Date.
function explicitLifetimeMs(headers: HeaderList, control: CacheControl, now: number): number | undefined {
  const seconds = control.sMaxAge ?? control.maxAge;
  if (seconds !== undefined) return seconds * 1000;
  const expires = headers.all('expires');
  if (expires.length === 0) return undefined;
  // RFC 9111 §5.3: an invalid date, and more than one, is in the past.
  const until = expires.length === 1 ? httpDate(expires[0]) : undefined;
  return until === undefined ? 0 : Math.max(0, until - (httpDate(headers.get('date')) ?? now));
}

// RFC 9111 §4.2.3: the greater of what Age says and what Date shows; a clock one second off is no age.
function ageOnArrivalMs(headers: HeaderList, now: number): number {
  const said = headers.get('age');
  const age = said !== undefined && /^\d+$/.test(said) ? Math.min(Number(said), 2 ** 31) * 1000 : 0;
  const date = httpDate(headers.get('date'));
  const apparent = date === undefined ? 0 : now - date;
  return Math.max(age, apparent < 1000 ? 0 : apparent);
}

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
