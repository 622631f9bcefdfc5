import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purgeOf, readPurgeRequest } from '../../src/config/purge-request.ts';
import { addressTarget, covers, EVERYTHING, everyHostTarget, prefixTarget, tagTarget } from '../../src/core/purge.ts';
import { at } from '../support/labels.ts';

describe('a purge request', () => {
  it('names tags, addresses and prefixes, of one host or of all', () => {
    const order = {
      tags: ['cart:1'],
      urls: ['https://Shop.Test:443/a b?q=1#top', 'http://shop.test:8080/', '/a', '//a/b'],
      prefixes: ['/api/', 'https://shop.test/api'],
    };
    expect(purgeOf(order)).toEqual({
      kind: 'hard',
      targets: [
        tagTarget('cart:1'),
        addressTarget('shop.test', '/a%20b?q=1'),
        addressTarget('shop.test:8080', '/'),
        everyHostTarget('/a'),
        everyHostTarget('//a/b'),
        prefixTarget('', '/api/'),
        prefixTarget('shop.test', '/api'),
      ],
    });
    expect(purgeOf({ all: true, soft: true })).toEqual({ kind: 'soft', targets: [EVERYTHING] });
  });

  it('covers exactly the responses stored for its address', () => {
    const stored = at('shop.test', '/api/a?q=1');
    const covered = (order: Parameters<typeof purgeOf>[0]) =>
      purgeOf(order).targets.some(target => covers(target, stored));
    expect(covered({ urls: ['/api/a?q=1'] })).toBe(true);
    expect(covered({ urls: ['/api/a'] })).toBe(false);
    expect(covered({ prefixes: ['/api/'] })).toBe(true);
    expect(covered({ prefixes: ['https://shop.test/api/'] })).toBe(true);
    expect(covered({ prefixes: ['https://other.test/api/'] })).toBe(false);
    expect(covered({ prefixes: ['/b'] })).toBe(false);
    expect(covered({ all: true })).toBe(true);
  });

  it('is read from any input without failing, and names a target if it is accepted', () => {
    const list = fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constant('/a'), fc.integer()), { maxLength: 3 });
    const object = fc.record(
      {
        tags: list,
        urls: list,
        prefixes: list,
        all: fc.oneof(fc.boolean(), fc.nat()),
        soft: fc.boolean(),
        x: fc.nat(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(object, fc.anything()), value => {
        const read = readPurgeRequest(value);
        if ('mistakes' in read) expect(read.mistakes.length).toBeGreaterThan(0);
        else expect(purgeOf(read.command).targets.length).toBeGreaterThan(0);
      }),
    );
  });
});
