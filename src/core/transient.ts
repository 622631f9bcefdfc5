// RFC 9110 §15.5.9, RFC 6585 §4, RFC 8470 §5.2: the request came too late, too often or too early.
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Whether a status means a temporary failure of the backend. Any other status is the new state of the resource, which
 * ends the stored response (RFC 9111 §4.3.3, RFC 5861 §4).
 */
export function isTransient(status: number): boolean {
  return status >= 500 || OF_THE_MOMENT.has(status);
}
