// Statuses of temporary conditions: the same request may succeed a moment later.
const OF_THE_MOMENT: ReadonlySet<number> = new Set([400, 408, 413, 425, 429, 431]);

/**
 * Whether a response with this status may be stored. RFC 9111 §3: only a final one; a 206 and a 304 have rules of their
 * own. The default profile stores no server errors.
 */
export function mayBeKept(status: number, profile: 'default' | 'rfc9111'): boolean {
  if (status < 200 || status > 599 || status === 206 || status === 304) return false;
  return profile === 'rfc9111' || (status < 500 && !OF_THE_MOMENT.has(status));
}
