/** A span of time with its unit: `'800ms'`, `'30s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Parses a duration to milliseconds; undefined for invalid text. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const ms = Number(match[1]) * (UNIT_MS[match[2]] ?? Number.NaN);
  return Number.isFinite(ms) ? Math.round(ms) : undefined;
}

/** The milliseconds of a duration that the loader has validated. @throws TypeError for an invalid duration. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new TypeError(`"${text}" is no duration: write a number and a unit, such as '800ms' or '30s'`);
  return ms;
}

/** Formats milliseconds as a duration in the largest unit without a fraction. */
export function writtenDuration(ms: number): string {
  const unit = Object.entries(UNIT_MS).findLast(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
