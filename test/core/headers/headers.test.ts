import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNotModified } from '../../../src/core/headers/conditional.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import { endToEndFilter } from '../../../src/core/headers/hop-by-hop.ts';

const endToEnd = endToEndFilter(() => false);

describe('a list of header fields', () => {
  it('is immutable: every change gives a new list', () => {
    const list = new HeaderList(['Accept', 'a', 'ACCEPT', 'b', 'Host', 'h']);
    expect(list.set('accept', 'c').flat).toEqual(['Host', 'h', 'accept', 'c']);
    expect(list.without(new Set(['host'])).flat).toEqual(['Accept', 'a', 'ACCEPT', 'b']);
    expect(list.joined('accept')).toBe('a, b');
    expect(list.get('accept')).toBe('a');
    expect(list.flat).toHaveLength(6);
  });

  it('joins cookies with semicolons (RFC 9113 §8.2.3 splits them)', () => {
    expect(new HeaderList(['Cookie', 'a=1', 'cookie', 'b=2']).toObject()).toEqual({ cookie: 'a=1; b=2' });
  });
});

describe('forwarded header fields', () => {
  it('exclude the fields of their direction in any case', () => {
    const filter = endToEndFilter(name => name === 'x-mine');
    for (let i = 0; i < 2; i++) expect(filter(['X-Mine', '1', 'x-MINE', '2', 'Host', 'h']).flat).toEqual(['Host', 'h']);
  });

  it('exclude hop-by-hop fields and those that Connection names', () => {
    const flat = [
      'Connection',
      'close, X-Mine',
      'X-Mine',
      '1',
      'TE',
      'trailers',
      'Keep-Alive',
      'timeout=5',
      'X-Kept',
      '2',
    ];
    expect(endToEnd(flat).flat).toEqual(['X-Kept', '2']);
  });

  it.each(['Host', 'Content-Length', 'Authorization', 'Cookie', 'X-Forwarded-For', 'traceparent'])(
    'include %s even if Connection names it',
    name => {
      expect(endToEnd(['Connection', name, name, 'kept']).flat).toEqual([name, 'kept']);
    },
  );

  it('never include a hop-by-hop field, for any input', () => {
    const name = fc.constantFrom('Connection', 'Upgrade', 'TE', 'Trailer', 'Transfer-Encoding', 'X-A', 'x-b', 'Cookie');
    const value = fc.constantFrom('close', 'x-a', 'X-B, close', 'cookie', '', ', ,', 'upgrade');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fields => {
        const kept = endToEnd(fields.flat());
        for (const hop of ['connection', 'upgrade', 'te', 'trailer', 'transfer-encoding'])
          expect(kept.has(hop)).toBe(false);
        expect(kept.all('cookie')).toHaveLength(fields.filter(([known]) => known === 'Cookie').length);
      }),
    );
  });
});

describe('a conditional request', () => {
  const stored = HeaderList.of({ ETag: 'W/"a,b"', 'Last-Modified': 'Tue, 03 Nov 2026 10:00:00 GMT' });
  const asks = (name: string, value: string) => isNotModified(HeaderList.of({ [name]: value }), stored);

  it('compares entity tags weakly, also in lists', () => {
    expect(asks('If-None-Match', '"x", "a,b"')).toBe(true);
    expect(asks('If-None-Match', '*')).toBe(true);
    expect(asks('If-None-Match', '"a"')).toBe(false);
  });

  it('uses the date only without an entity tag', () => {
    expect(asks('If-Modified-Since', 'Tue, 03 Nov 2026 10:00:00 GMT')).toBe(true);
    expect(asks('If-Modified-Since', 'Tue, 03 Nov 2026 09:59:59 GMT')).toBe(false);
    expect(asks('If-Modified-Since', '2026-11-04')).toBe(false);
  });
});
