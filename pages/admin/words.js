/** Numbers and times in words. */

const WHOLE = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const NOTHING = '–';

export function whole(number) {
  return WHOLE.format(number);
}

export function counted(number, one, more = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : more}`;
}

/** Per second. */
export function rateText(rate) {
  if (rate === undefined) return NOTHING;
  return rate >= 100 ? whole(Math.round(rate)) : rate === 0 ? '0' : SHORT.format(rate);
}

export function msText(ms) {
  if (ms === undefined) return NOTHING;
  if (ms >= 1_000) return `${SHORT.format(ms / 1_000)} s`;
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** @param bound the end of a bucket, infinite for the last one; undefined without requests. @param most the last end. */
export function atMostText(bound, most) {
  if (bound === undefined) return NOTHING;
  return Number.isFinite(bound) ? `≤ ${msText(bound)}` : `> ${msText(most)}`;
}

export function percentText(share) {
  if (share === undefined) return NOTHING;
  const percent = share * 100;
  return `${percent > 0 && percent < 10 ? Math.round(percent * 10) / 10 : Math.floor(percent)} %`;
}

/** A time to wait, in whole seconds. */
export function waitText(seconds) {
  return seconds < 120 ? counted(seconds, 'second') : counted(Math.round(seconds / 60), 'minute');
}

export function bytesText(bytes) {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${unit === 0 ? whole(size) : SHORT.format(size)} ${units[unit]}`;
}

export function timeText(iso) {
  return CLOCK.format(new Date(iso));
}

export function dayText(iso) {
  return DAY_AND_CLOCK.format(new Date(iso));
}
