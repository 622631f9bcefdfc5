import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiated } from '../../src/middleware/content-encoding.ts';

const nameFor = (accept: string | undefined) => negotiated(accept)?.name ?? 'identity';

describe('content encoding negotiation', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.5', 'br'],
    ['gzip;q=0.5', 'gzip'],
    ['gzip;q=0.5, identity', 'identity'],
    ['identity;q=0', 'identity'],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['*', 'zstd'],
    ['*;q=0', 'identity'],
    ['gzip, *;q=0', 'gzip'],
    ['zstd;q=0, *', 'br'],
    ['deflate, compress', 'identity'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=nonsense', 'identity'],
    [',,;=', 'identity'],
  ])('for %j is %s', (accept, wanted) => {
    expect(nameFor(accept)).toBe(wanted);
  });

  it('follows RFC 9110 §12.5.3 and prefers the shortest among equal weights', () => {
    const quality = fc.constantFrom(undefined, 0, 0.1, 0.5, 1);
    const list = fc.uniqueArray(fc.tuple(fc.constantFrom('zstd', 'br', 'gzip', 'deflate', 'identity', '*'), quality), {
      selector: ([name]) => name,
      minLength: 1,
    });
    fc.assert(
      fc.property(list, entries => {
        const q = new Map<string, number>(entries.map(([name, value]) => [name, value ?? 1]));
        const of = (name: string) => q.get(name) ?? q.get('*') ?? 0;
        const max = Math.max(...['zstd', 'br', 'gzip'].map(of));
        const best = ['zstd', 'br', 'gzip'].find(name => of(name) === max) ?? 'identity';
        const identity = q.get('identity') ?? q.get('*');
        const wanted = max === 0 || (identity !== undefined && identity > max) ? 'identity' : best;
        const written = entries.map(([name, value]) => (value === undefined ? name : `${name};q=${value}`));
        expect(nameFor(written.join(', '))).toBe(wanted);
      }),
    );
  });

  it('returns one encoding for any text', () => {
    fc.assert(
      fc.property(fc.string(), accept => {
        expect(['zstd', 'br', 'gzip', 'identity']).toContain(nameFor(accept));
      }),
    );
  });
});
