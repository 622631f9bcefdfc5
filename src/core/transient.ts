// RFC 9110 §15.5.9 and RFC 6585 §4, RFC 8470 §5.2: this request came late, early or once too often.
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Whether a status says nothing of the resource, only that its backend failed this time. Any other one is the
 * resource's new state: what was stored before it is over (RFC 9111 §4.3.3, RFC 5861 §4).
 */
export function isTransient(status: number): boolean {
  return status >= 500 || OF_THE_MOMENT.has(status);
}
