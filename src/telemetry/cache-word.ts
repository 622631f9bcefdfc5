/** What the cache did in one word. @param status Cache-Status (RFC 9211) as the gateway writes it. */
export function cacheWord(status: string): 'hit' | 'stale' | 'miss' {
  if (status.startsWith('portico; hit')) return status.includes('; ttl=-') ? 'stale' : 'hit';
  return status.startsWith('portico; fwd=stale') && !status.includes('; stored') ? 'stale' : 'miss';
}
