import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpDate } from '../../../src/core/headers/http-date.ts';

const NOW = Date.UTC(2026, 10, 25);
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const pad = (value: number, fill = '0') => String(value).padStart(2, fill);

function imfFixdate(date: Date): string {
  return date.toUTCString();
}

function rfc850(date: Date): string {
  const [, day, month, year = '', time] = date.toUTCString().split(' ');
  return `${LONG_DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(-2)} ${time} GMT`;
}

function asctime(date: Date): string {
  const [name = '', , month, year, time] = date.toUTCString().split(' ');
  return `${name.slice(0, 3)} ${month} ${pad(date.getUTCDate(), ' ')} ${time} ${year}`;
}

const withoutDayName = (text: string) => text.replace(/^[a-z]+/i, '').toLowerCase();
const second = (from: number, to: number) =>
  fc.integer({ min: Math.ceil(from / 1000), max: Math.floor(to / 1000) }).map(value => new Date(value * 1000));
const anyCase = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map(upper => {
    return [...text].map((char, i) => (upper[i] ? char.toUpperCase() : char.toLowerCase())).join('');
  });

describe('an HTTP date', () => {
  it('is read from IMF-fixdate and asctime, with names in any case', () => {
    const date = second(Date.parse('0000-01-01T00:00:00Z'), Date.UTC(9999, 11, 31));
    const written = date.chain(known =>
      fc.constantFrom(imfFixdate(known), asctime(known)).chain(text => fc.tuple(fc.constant(known), anyCase(text))),
    );
    fc.assert(
      fc.property(written, ([known, text]) => {
        expect(httpDate(text, NOW)).toBe(known.getTime());
      }),
    );
  });

  it('is read from RFC 850 within the hundred years of a two-digit year', () => {
    const now = second(Date.UTC(1970, 0, 1), Date.UTC(2190, 0, 1));
    const pair = now.chain(known => {
      const [first, last] = [new Date(known), new Date(known)];
      first.setUTCFullYear(first.getUTCFullYear() - 50);
      last.setUTCFullYear(last.getUTCFullYear() + 50);
      return fc.tuple(fc.constant(known), second(first.getTime() + 2 * 86_400_000, last.getTime()));
    });
    fc.assert(
      fc.property(pair, ([at, date]) => {
        expect(httpDate(rfc850(date), at.getTime())).toBe(date.getTime());
      }),
    );
  });

  it('reads a two-digit year more than 50 years ahead as the past', () => {
    expect(httpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    expect(httpDate('Wednesday, 25-Nov-76 00:00:00 GMT', NOW)).toBe(Date.UTC(2076, 10, 25));
    expect(httpDate('Thursday, 25-Nov-76 00:00:01 GMT', NOW)).toBe(Date.UTC(1976, 10, 25, 0, 0, 1));
  });

  it('reads a leap second as the start of the next minute', () => {
    expect(httpDate('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  });

  it.each([
    '',
    '0',
    '-1',
    'Sunday',
    '2026-11-25T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06  Nov 1994 08:49:37 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    'Sun 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Son, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Okt 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Thu, 31 Nov 1994 08:49:37 GMT',
    'Wed, 29 Feb 1995 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, ０6 Nov 1994 08:49:37 GMT',
  ])('is not %j', text => {
    expect(httpDate(text, NOW)).toBeUndefined();
  });

  it('never throws, and an accepted date has a valid form', () => {
    const word = fc.constantFrom(
      'Sun',
      'Sunday',
      ',',
      ' ',
      '06',
      '6',
      '31',
      'Nov',
      'Feb',
      '1994',
      '94',
      '08:49:37',
      'GMT',
      '-',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 12 }).map(words => words.join('')),
    );
    fc.assert(
      fc.property(text, known => {
        const ms = httpDate(known, NOW);
        if (ms === undefined) return;
        const written = [imfFixdate, rfc850, asctime].map(form => withoutDayName(form(new Date(ms))));
        expect(written).toContain(withoutDayName(known));
      }),
    );
  });
});
