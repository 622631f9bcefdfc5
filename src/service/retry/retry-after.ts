/**
 * Parses a `Retry-After` (RFC 9110 §10.2.3) in seconds or as a date to milliseconds. Undefined if it is missing or
 * malformed.
 */
export function retryAfterMs(value: string | undefined, wall: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!/GMT$/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wall);
}
