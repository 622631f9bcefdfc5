import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { CacheResponseHeaders } from './cache-response-headers.ts';
import type { CacheStatusReport } from './http/cache-status.ts';
import type { RouteCache } from './route-cache.ts';
import type { StoredReply } from './storage/entry.ts';

/** Whether a stale response may be served in place of a failure, and what `Cache-Status` then says (RFC 5861 §4). */
export class StaleIfError {
  readonly #clock: Clock;
  readonly #routeCache: RouteCache;
  readonly #responseHeaders: CacheResponseHeaders;

  constructor(clock: Clock, routeCache: RouteCache, responseHeaders: CacheResponseHeaders) {
    this.#clock = clock;
    this.#routeCache = routeCache;
    this.#responseHeaders = responseHeaders;
  }

  /** In place of a response with an error status; undefined where the response itself is to be sent. */
  insteadOf(status: number, entry: StoredReply): CacheStatusReport | undefined {
    // RFC 5861 §4: an error is 500 and above.
    if (status < 500 || !this.#isUsableUntil(entry, entry.sieUntil)) return undefined;
    return { kind: 'forwarded', why: 'stale', status, detail: 'stale-if-error' };
  }

  /** In place of a failure that brought no response. @throws the failure where nothing may stand in for it. */
  orThrow(failure: GatewayError, entry: StoredReply | undefined): { entry: StoredReply; report: CacheStatusReport } {
    const why = entry === undefined ? 'uri-miss' : 'stale';
    const report: CacheStatusReport = { kind: 'forwarded', why, detail: failure.code };
    const isCovered = entry !== undefined && this.#isUsableUntil(entry, entry.brokenUntil);
    if (!isCovered || failure.blame === 'client') throw this.#responseHeaders.annotated(failure, report);
    return { entry, report };
  }

  /** A response that was withdrawn or purged since it was found is not used any more. */
  #isUsableUntil(entry: StoredReply, until: number): boolean {
    return (entry.keepForever || this.#clock.now() < until) && !this.#routeCache.isPurged(entry);
  }
}
