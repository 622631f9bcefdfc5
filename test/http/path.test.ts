import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/config/path-pattern.ts';
import type { Params } from '../../src/core/exchange.ts';
import { parsePath, type RequestPath } from '../../src/http/path.ts';

const HOST = 'shop.test';

describe('a request target', () => {
  it('is split, decoded and kept in its original form', () => {
    expect(parsePath('/a/b%20c?q=1&q=2', HOST)).toEqual({
      path: '/a/b%20c',
      search: '?q=1&q=2',
      segments: ['a', 'b c'],
      encodedSlash: false,
    });
    expect(parsePath('/', HOST)).toMatchObject({ path: '/', search: '', segments: [''] });
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
    '/a/..;/b',
    '/a/%2e%2e%3bx/b',
    '/a/.;x',
    '/;/a',
    '/a%2F',
    '/a%2F%2Fb',
    '/a%2f%2e%2e%2fb',
    '/a%2f..;x',
    '/a%c2%85b',
    '/a%c2%9fb',
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
  ])('that is ambiguous is rejected: %s', target => {
    expect(() => parsePath(target, HOST)).toThrow(expect.objectContaining({ code: 'request.malformed', status: 400 }));
  });

  it('keeps an encoded slash inside its segment, for the route to judge', () => {
    expect(parsePath('/a%2Fb/c', HOST)).toMatchObject({ segments: ['a/b', 'c'], encodedSlash: true });
    expect(parsePath('/a;x=1/b', HOST)).toMatchObject({ segments: ['a;x=1', 'b'], encodedSlash: false });
  });

  it('may have a backslash in its query, as browsers send it', () => {
    expect(parsePath('/a?q=b\\c', HOST)).toMatchObject({ path: '/a', search: '?q=b\\c' });
  });

  it('in absolute form selects its own host', () => {
    expect(parsePath('http://shop.test/a?b', HOST)).toMatchObject({ path: '/a', search: '?b' });
    expect(parsePath('http://SHOP.test', HOST).path).toBe('/');
  });

  describe('that is accepted stays in its route’s scope, whatever a backend decodes', () => {
    const pieces = fc.oneof(
      fc.constantFrom(...'/.%2fF5c;\\?#@:aée\u0085\u00ff'),
      fc.constantFrom(
        '/../',
        '..',
        '%2e',
        '%2f',
        '%2F',
        '%5c',
        '%3b',
        '%25',
        '%c3%a9',
        '%c2%85',
        '%23',
        '%3f',
        '..;',
        '//',
      ),
    );
    const targets = fc.array(pieces, { maxLength: 12 }).map(parts => `/items/${parts.join('')}`);
    const fill = compilePattern('/v2/things/[id]');
    const fillRest = compilePattern('/v2/things/[...rest]');

    it.each([false, true])('with encoded slashes: %s', encodedSlashes => {
      let accepted = 0;
      fc.assert(
        fc.property(targets, target => {
          const read = parsedOrRefused(target);
          if (read === undefined || (read.encodedSlash && !encodedSlashes)) return;
          const [, id, ...more] = read.segments;
          if (id === undefined || id === '') return;
          accepted++;
          expect(normalised(read.path)).toMatch(/^\/items\/./);
          expect(
            normalised(fillRest(filling({ rest: [id, ...more] }, { rest: read.path.split('/').slice(2) }))),
          ).toMatch(/^\/v2\/things\/./);
          const filled = fill(filling({ id }, { id: read.path.split('/')[2] ?? '' }));
          expect(filled.split('/')).toHaveLength(4);
          expect(normalised(filled)).toMatch(/^\/v2\/things\/./);
        }),
        { numRuns: 5_000 },
      );
      expect(accepted).toBeGreaterThan(100);
    });
  });
});

/** A request with these params, and its path with them. */
function filling(params: Params, raw: Params) {
  return { params, rawParam: (name: string) => raw[name] };
}

function parsedOrRefused(target: string): RequestPath | undefined {
  try {
    return parsePath(target, HOST);
  } catch {
    return undefined;
  }
}

/**
 * The path as a backend sees it that decodes once, treats backslashes as slashes, cuts parameters and resolves dots.
 */
function normalised(path: string): string {
  const climbed: string[] = [];
  for (const segment of decodeURIComponent(path).replaceAll('\\', '/').split('/')) {
    const [name = ''] = segment.split(';');
    if (name === '..') climbed.pop();
    else if (name !== '.' && name !== '') climbed.push(name);
  }
  return `/${climbed.join('/')}`;
}
