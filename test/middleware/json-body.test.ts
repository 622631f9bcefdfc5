import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/middleware/json-body.ts';
import { mediaTypeOf } from '../../src/middleware/media-type.ts';

const kindOf = (type: string) => mediaTypeOf(type)?.kind;

describe('a validated body', () => {
  it.each([
    'application/json',
    'Application/JSON ; Charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/merge-patch+json',
    'application/json;charset=utf-8;profile="a;b, \\"c\\""',
    'application/json;',
    'application/json; odata.metadata=minimal',
  ])('is JSON by %s', type => {
    expect(kindOf(type)).toBe('json');
  });

  it.each([
    '',
    'text/plain',
    'application/jsonp',
    'application/json, text/plain',
    'text/plain, application/vnd.x+json',
    'application/json, application/json',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset=utf-7; x=y; charset=utf-8',
    'application/json; charset',
    'application/json charset=utf-8',
    'application/json; x="',
  ])('is not JSON by %j', type => {
    expect(kindOf(type)).toBeUndefined();
  });

  it.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    'multipart/form-data; boundary="a b"',
  ])('is a form by %s', type => {
    expect(kindOf(type)).toBe('form');
    expect(kindOf(`${type}; charset=latin1`)).toBeUndefined();
  });

  it('accepts any well-formed media type that ends in +json, with any parameters', () => {
    const token = fc.stringMatching(/^[a-z0-9.-]{1,8}$/);
    const quoted = fc.stringMatching(/^[ -!#-[\]-~]{0,8}$/).map(text => `"${text}"`);
    const parameter = fc.tuple(
      token.filter(name => name !== 'charset'),
      fc.oneof(token, quoted),
    );
    fc.assert(
      fc.property(token, token, fc.array(parameter, { maxLength: 4 }), (type, subtype, parameters) => {
        const written = parameters.map(([name, value]) => `; ${name}=${value}`).join('');
        expect(kindOf(`${type}/${subtype}+json${written}`)).toBe('json');
        expect(kindOf(`${type}/${subtype}+json${written}; charset=koi8-r`)).toBeUndefined();
      }),
    );
  });
});

describe('the text of a body', () => {
  it('may be nested as deep as any real document, within a limit', () => {
    const nested = (levels: number): Buffer => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
    expect(() => parseJson(nested(500))).not.toThrow();
    for (const levels of [501, 5_000, 500_000]) {
      expect(() => parseJson(nested(levels))).toThrow(expect.objectContaining({ status: 400 }));
    }
  });

  it('is read like JSON.parse, and brackets in strings do not count as levels', () => {
    expect(
      parseJson(Buffer.from(JSON.stringify({ a: '['.repeat(1_000), [`${'{"\\'.repeat(600)}`]: '\\"[' }))),
    ).toBeDefined();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
        expect(parseJson(Buffer.from(JSON.stringify(value))).rounded).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('may be empty, and is 400 if it is invalid JSON', () => {
    expect(parseJson(Buffer.alloc(0)).exact).toBeUndefined();
    for (const text of ['{', '[1,]', '"\xff', ']]]]', '"\\']) {
      expect(() => parseJson(Buffer.from(text, 'latin1'))).toThrow(expect.objectContaining({ status: 400 }));
    }
  });
});
