import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath } from '../../src/http/path.ts';

const HOST = 'shop.test';

describe('a request target', () => {
  it('is split and decoded, and kept as it came', () => {
    expect(parsePath('/a/b%20c?q=1&q=2', HOST)).toEqual({
      path: '/a/b%20c',
      search: '?q=1&q=2',
      segments: ['a', 'b c'],
    });
    expect(parsePath('/', HOST)).toEqual({ path: '/', search: '', segments: [''] });
    expect(parsePath('/a/', HOST).segments).toEqual(['a', '']);
  });

  it.each([
    '/a/../b',
    '/a/%2e%2e/b',
    '/a/%2E./b',
    '/./a',
    '//admin',
    '/a//b',
    '/a/..%2fadmin',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a%00b',
    '/a%zz',
    '/a%c3',
    '/a b',
    '/a#b',
    '/ä',
    '*',
    'a/b',
    'http://elsewhere.test/a',
  ])('that two programs may read differently is refused: %s', target => {
    expect(() => parsePath(target, HOST)).toThrow(expect.objectContaining({ code: 'request.malformed', status: 400 }));
  });

  it('in absolute form leads to its own host', () => {
    expect(parsePath('http://shop.test/a?b', HOST)).toMatchObject({ path: '/a', search: '?b' });
    expect(parsePath('http://SHOP.test', HOST).path).toBe('/');
  });

  it('that is accepted never decodes to a segment that leaves its place', () => {
    const pieces = fc.constantFrom(
      '/',
      '.',
      '%',
      '2',
      'f',
      'F',
      '5',
      'c',
      'e',
      ';',
      '\\',
      '?',
      '#',
      '@',
      ':',
      'a',
      'é',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const target = `/${parts.join('')}`;
        let segments: readonly string[];
        try {
          segments = parsePath(target, HOST).segments;
        } catch {
          return;
        }
        for (const segment of segments) {
          expect(['.', '..']).not.toContain(segment);
          expect(segment).not.toMatch(/[/\\]/);
        }
        expect(segments.slice(0, -1)).not.toContain('');
      }),
      { numRuns: 5_000 },
    );
  });
});
