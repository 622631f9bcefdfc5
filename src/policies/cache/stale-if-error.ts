import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { CacheResponseHeaders } from './cache-response-headers.ts';
import type { CacheStatusReport } from './http/cache-status.ts';
import type { RouteCache } from './route-cache.ts';
import type { StoredReply } from './storage/entry.ts';

/** Whether a stale response may replace a failure, and its `Cache-Status` (RFC 5861 §4). */
export class StaleIfError {
  readonly #clock: Clock;
  readonly #routeCache: RouteCache;
  readonly #responseHeaders: CacheResponseHeaders;

  constructor(clock: Clock, routeCache: RouteCache, responseHeaders: CacheResponseHeaders) {
    this.#clock = clock;
    this.#routeCache = routeCache;
    this.#responseHeaders = responseHeaders;
  }

  /** Replaces a response with an error status; undefined if the response itself is sent. */
  insteadOf(status: number, entry: StoredReply): CacheStatusReport | undefined {
    // RFC 5861 §4: an error is 500 and above.
    if (status < 500 || !this.#isUsableUntil(entry, entry.sieUntil)) return undefined;
    return { kind: 'forwarded', why: 'stale', status, detail: 'stale-if-error' };
  }

  /** Replaces a failure without a response. @throws the failure if nothing may replace it. */
  orThrow(failure: GatewayError, entry: StoredReply | undefined): { entry: StoredReply; report: CacheStatusReport } {
    const why = entry === undefined ? 'uri-miss' : 'stale';
    const report: CacheStatusReport = { kind: 'forwarded', why, detail: failure.code };
    const isCovered = entry !== undefined && this.#isUsableUntil(entry, entry.brokenUntil);
    if (!isCovered || failure.blame === 'client') throw this.#responseHeaders.annotated(failure, report);
    return { entry, report };
  }

  /** A response that was withdrawn or purged since the lookup is no longer used. */
  #isUsableUntil(entry: StoredReply, until: number): boolean {
    return (entry.keepForever || this.#clock.now() < until) && !this.#routeCache.isPurged(entry);
  }
}
