import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../src/core/headers/header-list.ts';
import { parseJson, requireJson } from '../../src/middleware/json-body.ts';

function accepts(...fields: readonly string[]): boolean {
  try {
    requireJson(new HeaderList(fields));
    return true;
  } catch (failure) {
    expect(failure).toMatchObject({ status: 415 });
    return false;
  }
}

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
    expect(accepts('Content-Type', type)).toBe(true);
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
    expect(accepts('Content-Type', type)).toBe(false);
  });

  it('has one Content-Type', () => {
    expect(accepts('Content-Type', 'application/json', 'Content-Type', 'text/plain')).toBe(false);
    expect(accepts('Content-Type', 'application/json', 'content-type', 'application/json')).toBe(false);
    expect(accepts('Accept', 'application/json')).toBe(false);
  });

  it('has no Content-Encoding', () => {
    const json = ['Content-Type', 'application/json'];
    expect(accepts(...json, 'Content-Encoding', 'identity')).toBe(true);
    expect(accepts(...json, 'Content-Encoding', 'gzip')).toBe(false);
    expect(accepts(...json, 'Content-Encoding', 'identity', 'Content-Encoding', 'br')).toBe(false);
    expect(accepts(...json, 'Content-Encoding', 'identity, gzip')).toBe(false);
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
        expect(accepts('Content-Type', `${type}/${subtype}+json${written}`)).toBe(true);
        expect(accepts('Content-Type', `${type}/${subtype}+json${written}; charset=koi8-r`)).toBe(false);
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
