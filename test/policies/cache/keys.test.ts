import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../../../src/config/request-context.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import { noVarySearchOf } from '../../../src/policies/cache/http/no-vary-search.ts';
import { queryKey } from '../../../src/policies/cache/http/query.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, textOf, textReply } from '../../support/exchange.ts';

const rule = (changes: object = {}) => ({ ignore: [], only: undefined, sort: false, ...changes });

describe('the query in a key', () => {
  it.each([
    ['?a=1&utm_source=x&b=2', rule({ ignore: ['utm_*'] }), '?a=1&b=2'],
    ['?utm_source=x', rule({ ignore: ['utm_*'] }), ''],
    ['?a=1&b=2&c=3', rule({ only: ['b', 'c'] }), '?b=2&c=3'],
    ['?b=2&a=1&b=1', rule({ sort: true }), '?a=1&b=2&b=1'],
    ['?%75tm_a=1&a=%20', rule({ ignore: ['utm_*'] }), '?a=%20'],
    ['?a&&b=', rule({ sort: true }), '?a&b='],
    ['?%zz=1', rule({ ignore: ['x'] }), '?%zz=1'],
    ['?a=1', undefined, '?a=1'],
  ])('%s', (search, known, expected) => {
    expect(queryKey(search, known)).toBe(expected);
  });

  it('never throws, is deterministic and keeps every relevant parameter', () => {
    const search = fc
      .string({ unit: fc.constantFrom('a', 'b', 'u', '=', '&', '%', '2', '0', '+') })
      .map(text => `?${text}`);
    fc.assert(
      fc.property(search, fc.boolean(), (text, sort) => {
        const once = queryKey(text, rule({ sort }));
        expect(queryKey(once, rule({ sort }))).toBe(once);
        const pairs = (query: string) =>
          query
            .slice(1)
            .split('&')
            .filter(pair => pair !== '')
            .toSorted();
        expect(pairs(once)).toEqual(pairs(text));
      }),
    );
  });

  it('leaves ignored parameters out of the backend request, which could reflect them to everybody', async () => {
    const made = cacheBench({ key: { query: rule({ ignore: ['utm_*'], sort: true }) } });
    await made.ask(exchange({ search: '?utm_source=evil&q=1' }));
    await made.ask(exchange({ search: '?q=1&utm_campaign=b' }));
    expect(made.asked.map(({ search }) => search)).toEqual(['?q=1']);
  });

  it('leaves ignored parameters out of the query of a handler, with and without a schema', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true, query: rule({ ignore: ['utm_*'] }) } });
    made.response = x => textReply(JSON.stringify(contextOf(x).query), { 'Cache-Control': 'max-age=60' });
    const asked = exchange({ search: '?utm_source=evil&q=1', validQuery: { utm_source: 'evil', q: 1 } });
    expect(textOf(await made.ask(asked))).toBe('{"q":1}');
  });

  it('follows the No-Vary-Search of the backend', async () => {
    const made = cacheBench();
    made.response = () => textReply('same', { 'No-Vary-Search': 'params=("session"), key-order' });
    await made.ask(exchange({ search: '?q=1&session=a' }));
    await made.ask(exchange({ search: '?session=b&q=1' }));
    await made.ask(exchange({ search: '?q=2' }));
    expect(made.asked).toHaveLength(2);
  });
});

describe('No-Vary-Search', () => {
  const said = (value: string) => noVarySearchOf(new HeaderList(['No-Vary-Search', value]));
  it.each([
    ['params', rule({ only: [] })],
    ['params=("a" "b")', rule({ ignore: ['a', 'b'] })],
    ['params, except=("q")', rule({ only: ['q'] })],
    ['key-order', rule({ sort: true })],
    ['key-order, params=("a")', rule({ ignore: ['a'], sort: true })],
    ['params=?0', undefined],
    ['', undefined],
    ['params=("a*")', undefined],
    ['params=1', undefined],
    ['except=("q")', undefined],
    ['params=("a', undefined],
  ])('%s', (value, expected) => {
    expect(said(value)).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), value => void said(value)));
  });
});

describe('the key of a part', () => {
  const call = { service: { serviceName: 'catalog' }, path: '/items', search: '' };
  const of = (host: string) =>
    exchange({
      call,
      client: { address: '192.0.2.1', protocol: 'http', host, mount: '' },
      headers: HeaderList.of({ 'X-Forwarded-Host': host }),
    });

  it('covers the host name that is sent to its backend', async () => {
    const made = cacheBench({ key: { by: 'call' } });
    made.response = x => textReply(`http://${x.headers.get('x-forwarded-host')}/`);
    await made.ask(of('evil.test'));
    expect(textOf(await made.ask(of('shop.test')))).toBe('http://shop.test/');
    await made.ask(of('shop.test'));
    expect(made.asked).toHaveLength(2);
  });
});
