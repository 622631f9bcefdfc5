/**
 * For how long a backend asks to be left alone, in milliseconds (RFC 9110 §10.2.3): seconds, or a date on the calendar. Undefined where it
 * does not say, or says something else than that.
 */
export function retryAfterMs(value: string | undefined, wall: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!/GMT$/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wall);
}
