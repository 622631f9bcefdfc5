/** RFC 9211: the result of the cache for a request, as the value of Cache-Status. */
export type CacheStatusReport =
  | { readonly kind: 'hit'; readonly ttlSeconds: number; readonly detail?: string }
  | {
      readonly kind: 'forwarded';
      readonly why: ForwardedBecause;
      readonly status?: number;
      readonly stored?: boolean;
      readonly collapsed?: boolean;
      readonly detail?: string;
    };

/** RFC 9211 §2.2. */
export type ForwardedBecause = 'uri-miss' | 'vary-miss' | 'stale' | 'bypass' | 'method' | 'request' | 'partial';

export function cacheStatus(verdict: CacheStatusReport): string {
  let value = verdict.kind === 'hit' ? `portico; hit; ttl=${verdict.ttlSeconds}` : `portico; fwd=${verdict.why}`;
  if (verdict.kind === 'forwarded') {
    if (verdict.status !== undefined) value += `; fwd-status=${verdict.status}`;
    if (verdict.stored === true) value += '; stored';
    if (verdict.collapsed === true) value += '; collapsed';
  }
  if (verdict.detail !== undefined) value += `; detail=${verdict.detail}`;
  return value;
}
