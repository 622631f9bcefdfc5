import { DEFAULTS } from '../config/defaults.ts';
import { type Duration, durationMs } from '../config/duration.ts';
import type { AnyContext } from '../config/loaded-route.ts';
import type { Breaker, Cache, CallPolicy, Hedge, Timeouts } from '../config/policies.ts';
import type { ServiceOptions } from '../config/service.ts';
import type { Priority } from '../core/ports/limiter.ts';
import type { BreakerPolicy } from '../policies/breaker/circuit.ts';
import type { CachePolicy } from '../policies/cache/cacheability.ts';
import type { KeyRule } from '../policies/cache/storage/key.ts';
import type { Deadlines } from '../policies/deadline.ts';
import type { HedgePolicy } from '../service/retry/hedge.ts';
import type { RetryPolicy } from '../service/retry/repeatable.ts';

// The configured policies as numbers: the call site wins over its service, key by key, and defaults fill the rest.

type WrittenPolicies<T> = T | false | undefined;

/** Undefined for a policy that is off or not set. */
function merged<T extends object>(site: WrittenPolicies<T>, service: WrittenPolicies<T>): T | undefined {
  if (site === false || (site === undefined && service === false)) return undefined;
  if (site === undefined && service === undefined) return undefined;
  return { ...(service === false ? undefined : service), ...site } as T;
}

function spelledOut(timeout: CallPolicy['timeout']): WrittenPolicies<Timeouts> {
  return typeof timeout === 'string' ? { headers: timeout } : timeout;
}

export function deadlinesOf(site: CallPolicy, service: Partial<ServiceOptions> | undefined): Deadlines | undefined {
  const own = spelledOut(site.timeout);
  if (own === false) return undefined;
  const known = { ...DEFAULTS.timeout, ...(merged(own, spelledOut(service?.timeout)) ?? {}) };
  if (own === undefined && service?.timeout === false) return undefined;
  return {
    connectMs: durationMs(known.connect),
    headersMs: durationMs(known.headers),
    idleMs: durationMs(known.idle),
    totalMs: 'total' in known && known.total !== undefined ? durationMs(known.total) : undefined,
  };
}

/** The time limit of the response headers in milliseconds; undefined for none. */
export function headLimit(limits: Deadlines | undefined): number | undefined {
  const ms = Math.min(limits?.headersMs ?? Number.POSITIVE_INFINITY, limits?.totalMs ?? Number.POSITIVE_INFINITY);
  return ms === Number.POSITIVE_INFINITY ? undefined : ms;
}

export function breakerOf(site: CallPolicy, service: Partial<ServiceOptions> | undefined): BreakerPolicy | undefined {
  const written = merged<Breaker>(site.breaker, service?.breaker);
  if (written === undefined) return undefined;
  const known = { ...DEFAULTS.breaker, ...written };
  const { slowCall, slowRate } = known;
  const resetMs = durationMs(known.resetTimeout);
  return {
    name: written.name,
    errorPercent: Number.parseFloat(known.errorRate),
    slow:
      slowCall === undefined ? undefined : { headersMs: durationMs(slowCall), percent: Number.parseFloat(slowRate) },
    minRequests: known.minRequests,
    windowMs: durationMs(known.window),
    resetMs,
    maxResetTimeoutMs: Math.max(resetMs, durationMs(known.maxResetTimeout)),
  };
}

export function retryOf(site: CallPolicy, service: Partial<ServiceOptions> | undefined): RetryPolicy {
  const off = site.retry === false || (site.retry === undefined && service?.retry === false);
  if (off) return { attempts: 1, idempotencyKey: false, declared: false };
  const written = merged(site.retry, service?.retry);
  return { ...DEFAULTS.retry, ...written, declared: written !== undefined };
}

export function hedgeOf(site: CallPolicy, service: Partial<ServiceOptions> | undefined): HedgePolicy | undefined {
  const written = merged<Hedge>(site.hedge, service?.hedge);
  if (written === undefined) return undefined;
  const { max = DEFAULTS.hedge.max, after } = written;
  return { afterMs: milliseconds(after), max: Number.parseFloat(max) / 100 };
}

export function priorityOf(site: CallPolicy, service: Partial<ServiceOptions> | undefined): Priority {
  return site.priority ?? service?.priority ?? DEFAULTS.priority;
}

export function cacheOf(
  written: Cache<AnyContext> | false | undefined,
  { site, service, callMs }: { readonly site: string } & Pick<CachePolicy, 'service' | 'callMs'>,
  kind: Pick<KeyRule, 'by' | 'keyedHeadersOnly' | 'unconditional' | 'byOrigin'>,
  objectLimit: number,
): CachePolicy | undefined {
  if (written === undefined || written === false) return undefined;
  const { ttl, swr, staleIfError, vary = [], tags, scope, query, browser } = written;
  const override = overriding(ttl);
  const lifetime = typeof ttl === 'object' ? override : ttl;
  return {
    key: {
      site,
      ...kind,
      perUser: scope === 'user',
      vary: vary.map(name => name.toLowerCase()).sort(),
      sendsAll: written.profile === 'rfc9111',
      query: query && { ignore: query.ignore ?? [], only: query.only, sort: query.sort ?? false },
    },
    service,
    callMs,
    profile: written.profile ?? DEFAULTS.cache.profile,
    ttlMs: milliseconds(lifetime),
    ttlOverrides: override !== undefined,
    ttlMsByStatus: byStatus(ttl),
    swrMs: milliseconds(swr),
    staleIfErrorMs: milliseconds(staleIfError),
    tags,
    objectLimit,
    setCookie: written.setCookie ?? DEFAULTS.cache.setCookie,
    browserSeconds: browser === undefined ? undefined : Math.floor(durationMs(browser) / 1000),
    keepForever: written.keepForever !== undefined && written.keepForever !== false,
  };
}

/** Undefined for a single lifetime for all statuses. */
function byStatus(ttl: Cache<AnyContext>['ttl']): ReadonlyMap<number, number> | undefined {
  if (typeof ttl !== 'object' || overriding(ttl) !== undefined) return undefined;
  return new Map(Object.entries(ttl).map(([status, lifetime]) => [Number(status), durationMs(lifetime)]));
}

function overriding(ttl: Cache<AnyContext>['ttl']): Duration | undefined {
  return typeof ttl === 'object' && 'override' in ttl ? ttl.override : undefined;
}

/** A cache's lifetime as text. */
export function lifetimeDescription(ttl: Cache<AnyContext>['ttl']): string {
  if (typeof ttl !== 'object') return ttl ?? 'by headers';
  const override = overriding(ttl);
  if (override !== undefined) return `${override}, whatever headers say`;
  return Object.entries(ttl)
    .map(([status, lifetime]) => `${status} ${lifetime}`)
    .join(', ');
}

function milliseconds(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs(duration);
}
