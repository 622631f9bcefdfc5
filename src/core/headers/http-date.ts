/**
 * Parses an HTTP date in one of the three formats of RFC 9110 §5.6.7 to milliseconds; undefined for anything else.
 * `Date.parse` accepts far too much.
 * @param now for the two-digit year of RFC 850, which is the latest year at most 50 years ahead.
 */
export function httpDate(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const groups = (IMF_FIXDATE.exec(value) ?? ASCTIME.exec(value) ?? RFC_850.exec(value))?.groups;
  if (groups === undefined) return undefined;
  const { day = '', month = '', year = '', hour = '', minute = '', second = '' } = groups;
  const moment = {
    day: +day,
    month: MONTHS.indexOf(month.toLowerCase()),
    hour: +hour,
    minute: +minute,
    second: +second,
  };
  return year.length === 2 ? withinFiftyYears(moment, Number(year), now) : instant(moment, Number(year));
}

interface DateParts {
  readonly day: number;
  readonly month: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

// RFC 9111 §4.2: names match in any case, and the zone is GMT only.
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY_NAME = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const MONTH = '(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})';
const IMF_FIXDATE = new RegExp(`^${DAY_NAME}, (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`, 'i');
const RFC_850 = new RegExp(`^${LONG_DAY_NAME}, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`, 'i');
const ASCTIME = new RegExp(`^${DAY_NAME} ${MONTH} (?<day>[0-9]{2}| [0-9]) ${TIME} (?<year>[0-9]{4})$`, 'i');

/** Undefined for an impossible day or time; a leap second is the start of the next minute. */
function instant({ day, month, hour, minute, second }: DateParts, year: number): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  // Date.UTC maps the years 0 to 99 to the twentieth century.
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

function withinFiftyYears(moment: DateParts, lastDigits: number, now: number): number | undefined {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const newest = limit.getUTCFullYear();
  const year = newest - ((newest - lastDigits) % 100);
  const ms = instant(moment, year);
  return ms === undefined || ms > limit.getTime() ? instant(moment, year - 100) : ms;
}
