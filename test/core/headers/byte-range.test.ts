import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ifRangeMatches, parseContentRange, requestedRange } from '../../../src/core/headers/byte-range.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';

describe('a requested range', () => {
  it.each([
    ['bytes=0-0', 10, { from: 0, to: 0 }],
    ['bytes=2-5', 10, { from: 2, to: 5 }],
    ['bytes=2-', 10, { from: 2, to: 9 }],
    ['bytes=2-99', 10, { from: 2, to: 9 }],
    ['bytes=2-99999999999999999999999999', 10, { from: 2, to: 9 }],
    [`bytes=2-${'9'.repeat(400)}`, 10, { from: 2, to: 9 }],
    ['bytes=-3', 10, { from: 7, to: 9 }],
    ['bytes=-99', 10, { from: 0, to: 9 }],
    [`bytes=-${'9'.repeat(400)}`, 10, { from: 0, to: 9 }],
    ['BYTES=2-5', 10, { from: 2, to: 5 }],
    ['bytes=, 2-5 ,', 10, { from: 2, to: 5 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, undefined],
    ['bytes=5-2', 10, undefined],
    ['bytes=0-1,3-4', 10, undefined],
    ['bytes=0-1, bytes=3-4', 10, undefined],
    ['bytes=', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes=a-b', 10, undefined],
    ['bytes=0x1-2', 10, undefined],
    ['bytes= 1 - 2', 10, undefined],
    ['bytes 1-2', 10, undefined],
    ['lines=1-2', 10, undefined],
    ['', 10, undefined],
    [undefined, 10, undefined],
  ] as const)('%j of %i bytes', (range, length, wanted) => {
    expect(requestedRange(range, length)).toEqual(wanted);
  });

  it('selects the bytes of a slice with the same numbers', () => {
    const size = fc.nat({ max: 50 });
    fc.assert(
      fc.property(size, fc.option(size), fc.option(size), (length, first, last) => {
        const whole = Buffer.from(Array.from({ length }, (_, i) => i));
        const range = requestedRange(`bytes=${first ?? ''}-${last ?? ''}`, length);
        if (typeof range !== 'object') return;
        const wanted = first === null ? whole.subarray(-(last ?? 0)) : whole.subarray(first, (last ?? length) + 1);
        expect(whole.subarray(range.from, range.to + 1)).toEqual(wanted);
        expect(range.to).toBeGreaterThanOrEqual(range.from);
      }),
    );
  });

  it('lies within the body, whatever is requested', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9]{0,20}-[0-9]{0,20}(, ?[0-9]{0,3}-[0-9]{0,3})?$/));
    fc.assert(
      fc.property(text, fc.nat(), (range, length) => {
        const found = requestedRange(range, length);
        if (typeof found !== 'object') return;
        expect(found.from).toBeGreaterThanOrEqual(0);
        expect(found.to).toBeLessThan(length);
        expect(found.from).toBeLessThanOrEqual(found.to);
      }),
    );
  });
});

describe('If-Range', () => {
  const MODIFIED = 'Tue, 03 Nov 2026 10:00:00 GMT';
  const matches = (condition: string, response: Readonly<Record<string, string>>) =>
    ifRangeMatches(HeaderList.of({ 'If-Range': condition }), HeaderList.of(response));

  it('holds without a condition', () => {
    expect(ifRangeMatches(HeaderList.empty, HeaderList.empty)).toBe(true);
  });

  it('compares entity tags strongly', () => {
    expect(matches('"a"', { ETag: '"a"' })).toBe(true);
    expect(matches('"a"', { ETag: '"b"' })).toBe(false);
    expect(matches('"a"', {})).toBe(false);
    expect(matches('W/"a"', { ETag: 'W/"a"' })).toBe(false);
    expect(matches('"a"', { ETag: 'W/"a"' })).toBe(false);
    expect(matches('W/"a"', { ETag: '"a"' })).toBe(false);
  });

  it('accepts exactly the date of the last change if the change is a second old', () => {
    expect(matches(MODIFIED, { 'Last-Modified': MODIFIED })).toBe(true);
    expect(matches('Tue, 03 Nov 2026 10:00:01 GMT', { 'Last-Modified': MODIFIED })).toBe(false);
    expect(matches(MODIFIED, { 'Last-Modified': MODIFIED, Date: 'Tue, 03 Nov 2026 10:00:01 GMT' })).toBe(true);
    expect(matches(MODIFIED, { 'Last-Modified': MODIFIED, Date: MODIFIED })).toBe(false);
    expect(matches(MODIFIED, { 'Last-Modified': MODIFIED, Date: 'today' })).toBe(false);
    expect(matches('yesterday', { 'Last-Modified': 'yesterday' })).toBe(false);
    expect(matches(MODIFIED, { ETag: MODIFIED })).toBe(false);
  });
});

describe('a Content-Range', () => {
  it.each([
    ['bytes 0-5/10', { from: 0, to: 5, length: 10 }],
    ['bytes 0-5/*', { from: 0, to: 5, length: undefined }],
    ['Bytes 0-9/10', { from: 0, to: 9, length: 10 }],
    ['bytes 0-10/10', undefined],
    ['bytes 5-2/10', undefined],
    ['bytes */10', undefined],
    ['bytes 0-5', undefined],
    ['bytes=0-5/10', undefined],
    ['items 0-5/10', undefined],
    ['bytes 0-5/99999999999999999999', undefined],
    ['bytes 0-99999999999999999999/*', undefined],
    [undefined, undefined],
  ] as const)('%j', (value, wanted) => {
    expect(parseContentRange(value)).toEqual(wanted);
  });

  it('is read back as it was written', () => {
    const numbers = fc.uniqueArray(fc.nat(), { minLength: 3, maxLength: 3 }).map(all => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(numbers, ([from = 0, to = 0, length = 0]) => {
        expect(parseContentRange(`bytes ${from}-${to}/${length}`)).toEqual({ from, to, length });
      }),
    );
  });
});
