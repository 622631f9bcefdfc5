import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactInteger, parseExactly, stringifyExactly, withoutBigints } from '../../src/core/exact-json.ts';

const DIGITS = ['9223372036854775807', '-9223372036854775808', '12345678901234567890', '9007199254740993'];

describe('integers in JSON', () => {
  it.each(DIGITS)('keep every digit: %s', digits => {
    const text = `{"id":${digits},"list":[${digits},1,"${digits}"]}`;
    const { rounded, exact } = parseExactly(text);
    expect(rounded).toEqual(JSON.parse(text));
    expect(exact).toEqual({ id: BigInt(digits), list: [BigInt(digits), 1, digits] });
    expect(stringifyExactly(exact)).toBe(text);
  });

  it('are numbers as long as a number is exact, and other numbers are what JSON.parse makes of them', () => {
    const text = '[9007199254740991,-9007199254740991,1.5,1e3,1e22,0.12345678901234567890,12345678901234567890.5]';
    expect(parseExactly(text).exact).toEqual(JSON.parse(text));
  });

  it('come out as they went in, for any digits at any place', () => {
    const leaf = fc.oneof(fc.bigInt(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.boolean());
    const value = fc.letrec(tie => ({
      any: fc.oneof(leaf, fc.array(tie('any')), fc.dictionary(fc.string(), tie('any'))),
    })).any;
    fc.assert(
      fc.property(value, written => {
        const text = stringifyExactly(written);
        expect(stringifyExactly(parseExactly(text).exact)).toBe(text);
        expect(parseExactly(text).rounded).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['1e400', '-1e999', `1${'0'.repeat(400)}.5`, '[{"a":1E+400}]'])('beyond a double are refused: %s', text => {
    expect(() => parseExactly(text)).toThrow(RangeError);
  });

  it('that a schema converted from text have their digits again', () => {
    expect(exactInteger('9007199254740993', 9007199254740992)).toBe(9007199254740993n);
    expect(exactInteger('42', 42)).toBe(42);
    expect(exactInteger('1e20', 1e20)).toBe(1e20);
    expect(exactInteger(undefined, 1e20)).toBe(1e20);
  });

  it('are rounded for a schema, in a value that stays the same without them', () => {
    const value = { a: [1, { b: 'x' }] };
    expect(withoutBigints(value)).toBe(value);
    expect(withoutBigints({ a: [1n, { b: 2n ** 64n }], c: null })).toEqual({ a: [1, { b: 2 ** 64 }], c: null });
  });
});

describe('a value that JSON does not have', () => {
  const inItself: unknown[] = [];
  inItself.push({ again: inItself });
  it.each([
    ['NaN', { a: [0, { 'b/c~': Number.NaN }] }, '/a/1/b~1c~0 is NaN'],
    ['an infinity', [Number.NEGATIVE_INFINITY], '/0 is -Infinity'],
    ['a function', { act: () => 1 }, '/act is a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['a cycle', inItself, '/0/again is part of itself'],
  ])('is refused with its position: %s', (_name, value, message) => {
    expect(() => stringifyExactly(value)).toThrow(
      expect.objectContaining({
        code: 'reply.invalid',
        cause: expect.objectContaining({ message: `the route's response is no JSON: ${message}` }),
      }),
    );
  });

  it('never overflows the stack by its depth', () => {
    const deep = (innermost: unknown): unknown => Array.from({ length: 100_000 }).reduce(inner => [inner], innermost);
    expect(stringifyExactly(deep(1))).toBe(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`);
    expect(() => stringifyExactly(deep(1n))).toThrow(expect.objectContaining({ code: 'reply.invalid' }));
    const loop: unknown[] = [];
    loop.push(deep(loop));
    expect(() => stringifyExactly(loop)).toThrow(expect.objectContaining({ code: 'reply.invalid' }));
  });

  it('is none of these: an absent member, a date, the same object twice', () => {
    const twice = { a: 1 };
    const value = { gone: undefined, at: new Date(0), list: [twice, twice], nothing: null };
    expect(stringifyExactly(value)).toBe(JSON.stringify(value));
    expect(stringifyExactly(undefined)).toBe('null');
  });
});
