// What a client did wrong, and what a backend could not do, may be right a moment later.
const OF_THE_MOMENT: ReadonlySet<number> = new Set([400, 408, 413, 425, 429, 431]);

/**
 * Whether a response with this status may be stored at all. RFC 9111 §3: a final one; what a 206 may be kept for is
 * another matter, and a 304 is nothing by itself. The default keeps no failures.
 */
export function mayBeKept(status: number, profile: 'default' | 'rfc9111'): boolean {
  if (status < 200 || status > 599 || status === 206 || status === 304) return false;
  return profile === 'rfc9111' || (status < 500 && !OF_THE_MOMENT.has(status));
}
