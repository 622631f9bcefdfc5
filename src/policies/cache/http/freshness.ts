import type { HeaderList } from '../../../core/headers/header-list.ts';
import { httpDate } from '../../../core/headers/http-date.ts';
import type { CacheControl } from './cache-control.ts';

/** The lifetimes of a route in addition to the response's, in milliseconds. */
export interface Lifetimes {
  /** `rfc9111`: every field counts, and without a lifetime the heuristic of RFC 9111 §4.2.2 applies. */
  readonly profile: 'default' | 'rfc9111';
  readonly ttlMs: number | undefined;
  /** The lifetimes by status, if the route sets them. */
  readonly ttlMsByStatus?: ReadonlyMap<number, number> | undefined;
  /** Whether `ttlMs` overrides the response's lifetime. */
  readonly ttlOverrides: boolean;
  readonly swrMs: number | undefined;
  readonly staleIfErrorMs: number | undefined;
}

/** The end of each kind of use of a stored response, in milliseconds on the monotonic clock. */
export interface Freshness {
  /** The time at which the age was zero: the arrival minus the age on arrival. */
  readonly bornAt: number;
  readonly freshUntil: number;
  /** Served stale during its revalidation. */
  readonly swrUntil: number;
  /** Served stale in place of a 5xx or a failure. */
  readonly sieUntil: number;
  /** Served stale in place of a failure without any response. */
  readonly brokenUntil: number;
}

/**
 * The current time on two clocks: the monotonic one for measuring, the wall clock for comparison with a backend's
 * dates.
 */
export interface ClockReading {
  readonly now: number;
  readonly wall: number;
}

/** The arrival of the response headers and the time until then. */
export interface ResponseArrival extends ClockReading {
  readonly delayMs: number;
}

/** Without permission for more, a response that was fresh this recently may replace a call without a response. */
const BROKEN_GRACE_MS = 60_000;

/** RFC 9111 §4.2.2: at most a day. */
const HEURISTIC_MOST_MS = 86_400_000;

// RFC 9110 §15.1: statuses that may be stored by heuristics, or with a route's ttl, without an explicit lifetime.
const KEPT_WHEN_SILENT: Readonly<Record<Lifetimes['profile'], ReadonlySet<number>>> = {
  default: new Set([200, 203, 204, 300, 301, 308, 404, 410]),
  rfc9111: new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]),
};

/** RFC 9111 §4.2; undefined without a lifetime. */
export function freshnessOf(
  { status, headers }: { readonly status: number; readonly headers: HeaderList },
  control: CacheControl,
  route: Lifetimes,
  at: ResponseArrival,
): Freshness | undefined {
  const bornAt = at.now - ageOnArrivalMs(headers, at);
  const freshUntil = freshUntilOf({ status, headers }, control, route, { ...at, bornAt });
  return freshUntil === undefined ? undefined : { bornAt, freshUntil, ...staleWindows(control, route, freshUntil) };
}

/**
 * A backend's lifetime counts from the generation of the response (RFC 9111 §4.2.3), the route's ttl from its arrival,
 * which only the gateway's clock measures.
 */
function freshUntilOf(
  { status, headers }: { readonly status: number; readonly headers: HeaderList },
  control: CacheControl,
  route: Lifetimes,
  at: ResponseArrival & { readonly bornAt: number },
): number | undefined {
  const said = route.ttlOverrides ? undefined : explicitLifetimeMs(headers, control, at);
  // RFC 9111 §5.2.2.4: it may be stored, and must be revalidated before each use.
  const named = route.ttlMsByStatus?.get(status);
  const isSilent = route.ttlMs === undefined && named === undefined;
  const explicit = said ?? (control.noCache === true && isSilent ? 0 : undefined);
  if (explicit !== undefined) return at.bornAt + explicit;
  if (named !== undefined) return at.now + named;
  const isKept = KEPT_WHEN_SILENT[route.profile].has(status);
  if (route.ttlMs !== undefined) return isKept || route.ttlOverrides ? at.now + route.ttlMs : undefined;
  const estimated = estimatedLifetimeMs(isKept, headers, control, route, at);
  return estimated === undefined ? undefined : at.bornAt + estimated;
}

/**
 * RFC 5861 and the route permit stale use explicitly; RFC 9111 §4.2.4: must-revalidate, proxy-revalidate and no-cache
 * forbid it explicitly, s-maxage only by implication (§5.2.2.10).
 */
function staleWindows(
  control: CacheControl,
  route: Lifetimes,
  freshUntil: number,
): Pick<Freshness, 'swrUntil' | 'sieUntil' | 'brokenUntil'> {
  const forbidden = control.mustRevalidate || control.proxyRevalidate || control.noCache === true;
  const swrMs = forbidden ? 0 : (millis(control.staleWhileRevalidate) ?? route.swrMs ?? 0);
  const sieMs = forbidden ? 0 : (millis(control.staleIfError) ?? route.staleIfErrorMs ?? 0);
  const graceMs = forbidden || control.sMaxAge !== undefined ? sieMs : Math.max(sieMs, BROKEN_GRACE_MS);
  return { swrUntil: freshUntil + swrMs, sieUntil: freshUntil + sieMs, brokenUntil: freshUntil + graceMs };
}

// RFC 9111 §4.2.1: s-maxage, then max-age, then Expires minus Date.
export function explicitLifetimeMs(
  headers: HeaderList,
  control: CacheControl,
  { wall }: ClockReading,
): number | undefined {
  const seconds = control.sMaxAge ?? control.maxAge;
  if (seconds !== undefined) return seconds * 1000;
  const expires = control.targeted ? [] : headers.all('expires');
  if (expires.length === 0) return undefined;
  // RFC 9111 §5.3: an invalid date is in the past; §4.2.1: so is one of several.
  const until = expires.length === 1 ? httpDate(expires[0], wall) : undefined;
  return until === undefined ? 0 : Math.max(0, until - (httpDate(headers.get('date'), wall) ?? wall));
}

function estimatedLifetimeMs(
  isKept: boolean,
  headers: HeaderList,
  control: CacheControl,
  route: Lifetimes,
  { wall }: ClockReading,
): number | undefined {
  // RFC 9111 §4.2.2: heuristics apply to certain statuses, and to responses marked as cacheable.
  if (route.profile !== 'rfc9111' || !(isKept || control.isPublic)) return undefined;
  const modified = httpDate(headers.get('last-modified'), wall);
  if (modified === undefined) return undefined;
  const since = (httpDate(headers.get('date'), wall) ?? wall) - modified;
  return Math.min(Math.max(0, since / 10), HEURISTIC_MOST_MS);
}

// RFC 9111 §4.2.3: the greater of Age plus the response time, and the difference to Date; a clock deviation of one
// second is no age.
function ageOnArrivalMs(headers: HeaderList, { wall, delayMs }: ResponseArrival): number {
  const date = httpDate(headers.get('date'), wall);
  const apparent = date === undefined ? 0 : wall - date;
  return Math.max(ageMs(headers.joined('age')) + delayMs, apparent < 1000 ? 0 : apparent);
}

// RFC 9111 §5.1: the first member of a list counts; an invalid number is ignored.
function ageMs(value: string | undefined): number {
  const first = value?.split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Math.min(Number(first), 2 ** 31) * 1000 : 0;
}

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
