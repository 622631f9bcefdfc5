import type { HeaderList } from '../../../core/headers/header-list.ts';
import { type Directives, parseDirectives } from './directives.ts';
import { targetedDirectives } from './targeted-cache-control.ts';

/** The cache directives of a response; times in seconds. */
export interface CacheControl {
  /** Whether they come from a targeted field, so that Expires is ignored. */
  readonly targeted: boolean;
  readonly noStore: boolean;
  readonly mustUnderstand: boolean;
  readonly isPublic: boolean;
  /** `true` for the whole response, or the fields that belong to one user (RFC 9111 §5.2.2.7). */
  readonly isPrivate: boolean | readonly string[];
  /** `true` for the whole response, or the fields that may not be reused (RFC 9111 §5.2.2.4). */
  readonly noCache: boolean | readonly string[];
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly maxAge: number | undefined;
  readonly sMaxAge: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

/**
 * RFC 9111 §5.2.2 and RFC 5861, from the applicable targeted field (RFC 9213) or from Cache-Control, whose lines are
 * combined.
 */
export function cacheControlOf(headers: HeaderList): CacheControl {
  const targeted = targetedDirectives(headers);
  const directives = targeted ?? parseDirectives(headers.all('cache-control'));
  return {
    targeted: targeted !== undefined,
    noStore: directives.has('no-store'),
    mustUnderstand: directives.has('must-understand'),
    isPublic: directives.has('public'),
    isPrivate: scopeOf(directives, 'private'),
    noCache: scopeOf(directives, 'no-cache'),
    mustRevalidate: directives.has('must-revalidate'),
    proxyRevalidate: directives.has('proxy-revalidate'),
    maxAge: seconds(directives, 'max-age'),
    sMaxAge: seconds(directives, 's-maxage'),
    staleWhileRevalidate: seconds(directives, 'stale-while-revalidate'),
    staleIfError: seconds(directives, 'stale-if-error'),
  };
}

function scopeOf(directives: Directives, name: string): boolean | readonly string[] {
  if (!directives.has(name)) return false;
  const fields = (directives.get(name) ?? '').split(',').map(field => field.trim().toLowerCase());
  const named = fields.filter(field => field !== '');
  return named.length === 0 ? true : named;
}

/**
 * RFC 9111 §1.2.2: too large a number of seconds is 2^31; §4.2.1: an invalid number makes the response stale, so it
 * counts as 0.
 */
export function seconds(directives: Directives, name: string): number | undefined {
  if (!directives.has(name)) return undefined;
  const value = directives.get(name) ?? '';
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : 0;
}
