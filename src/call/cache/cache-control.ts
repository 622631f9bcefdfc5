import type { HeaderList } from '../../core/headers/header-list.ts';

export interface CacheControl {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly isPrivate: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly maxAge: number | undefined;
  readonly sMaxAge: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

// RFC 9111 §5.2: directives are case-insensitive, arguments may be tokens or quoted strings.
const DIRECTIVE = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g;

/** What a response's Cache-Control says. Lines are combined; of a repeated directive the first counts (RFC 9111 §4.2.1). */
export function parseCacheControl(headers: HeaderList): CacheControl {
  const directives = new Map<string, string>();
  for (const match of (headers.joined('cache-control') ?? '').matchAll(DIRECTIVE)) {
    const name = (match[1] ?? '').toLowerCase();
    if (!directives.has(name)) directives.set(name, match[2] ?? match[3] ?? '');
  }
  return {
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    isPrivate: directives.has('private'),
    mustRevalidate: directives.has('must-revalidate'),
    proxyRevalidate: directives.has('proxy-revalidate'),
    maxAge: seconds(directives.get('max-age')),
    sMaxAge: seconds(directives.get('s-maxage')),
    staleWhileRevalidate: seconds(directives.get('stale-while-revalidate')),
    staleIfError: seconds(directives.get('stale-if-error')),
  };
}

// RFC 9111 §1.2.2: a delta too large is 2^31; §4.2.1: invalid freshness is stale, so a bad number counts as 0.
function seconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : 0;
}
