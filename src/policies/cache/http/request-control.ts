import type { HeaderList } from '../../../core/headers/header-list.ts';
import { seconds } from './cache-control.ts';
import { parseDirectives } from './directives.ts';
import type { Freshness } from './freshness.ts';

/** The client's cache directives (RFC 9111 §5.2.1); times in milliseconds. Respected in the `rfc9111` profile only. */
export interface RequestControl {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeMs: number | undefined;
  readonly minFreshMs: number;
  /** Infinity if any staleness is accepted. */
  readonly maxStaleMs: number;
}

export function requestControlOf(headers: HeaderList): RequestControl | undefined {
  // RFC 9111 §5.4: Pragma counts only without Cache-Control.
  if (!headers.has('cache-control')) return headers.has('pragma') ? fromPragma(headers) : undefined;
  const directives = parseDirectives(headers.all('cache-control'));
  const maxAge = seconds(directives, 'max-age');
  const anyStale = directives.has('max-stale') && directives.get('max-stale') === undefined;
  return {
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    onlyIfCached: directives.has('only-if-cached'),
    maxAgeMs: maxAge === undefined ? undefined : maxAge * 1000,
    minFreshMs: (seconds(directives, 'min-fresh') ?? 0) * 1000,
    maxStaleMs: anyStale ? Number.POSITIVE_INFINITY : (seconds(directives, 'max-stale') ?? 0) * 1000,
  };
}

function fromPragma(headers: HeaderList): RequestControl | undefined {
  if (!parseDirectives(headers.all('pragma')).has('no-cache')) return undefined;
  return {
    noStore: false,
    noCache: true,
    onlyIfCached: false,
    maxAgeMs: undefined,
    minFreshMs: 0,
    maxStaleMs: 0,
  };
}

/** Whether a client accepts a stored response as it is (RFC 9111 §5.2.1.1 to 5.2.1.4). */
export function takes(
  control: RequestControl,
  entry: Freshness & { readonly mayBeStale: boolean },
  now: number,
): boolean {
  if (control.noCache) return false;
  if (control.maxAgeMs !== undefined && now - entry.bornAt > control.maxAgeMs) return false;
  const staleMs = now + control.minFreshMs - entry.freshUntil;
  return staleMs < 0 || (entry.mayBeStale && staleMs <= control.maxStaleMs && control.maxStaleMs > 0);
}
