import fc from 'fast-check';
import { expect, it } from 'vitest';
import { optionTexts } from '../../src/config/option-texts.ts';
import { defineService } from '../../src/index.ts';

const stock = defineService('stock', { targets: ['http://127.0.0.1:1'] });

it('shows the options that are no secrets', () => {
  const texts = optionTexts(
    {
      proxy: stock,
      cache: { ttl: '1m', vary: ['accept-language'] },
      aggregate: { stock: { from: stock('/stock/[id]'), timeout: '2s' } },
      targets: ['http://user:hidden@127.0.0.1:4001/base?key=hidden', 'http://127.0.0.1:4002'],
      retry: false,
      timeout: undefined,
      allowLists: [['added by the loader']],
    },
    'k',
  );
  expect(texts).toEqual({
    proxy: 'stock',
    'cache.ttl': '"1m"',
    'cache.vary': '["accept-language"]',
    'aggregate.stock.from': 'stock /stock/[id]',
    'aggregate.stock.timeout': '"2s"',
    targets: '["http://127.0.0.1:4001/base", "http://127.0.0.1:4002/"]',
    retry: 'false',
  });
});

const HIDDEN = 'hunter2pass';

it.each([
  { tls: { cert: HIDDEN, key: HIDDEN, passphrase: HIDDEN } },
  { session: { keys: [HIDDEN] } },
  { auth: { oidc: { issuer: HIDDEN, secret: HIDDEN } } },
  { cache: { redis: `redis://:p@ss${HIDDEN}@127.0.0.1:6379` } },
  { cache: { redis: `redis+sentinel://:${HIDDEN}@a:1,b:2/name` } },
  { targets: [`http://127.0.0.1:1/?password=${HIDDEN}`] },
  { headers: { authorization: HIDDEN } },
  { guard: [() => HIDDEN] },
  { cache: { a: { b: { c: { d: { e: { f: { password: HIDDEN } } } } } } } },
  { fallback: { apiKey: HIDDEN } },
  { anOptionOfLater: HIDDEN },
  { aggregate: { stock: { headers: { 'x-key': HIDDEN }, json: { token: HIDDEN } } } },
])('shows no secret: %j', definition => {
  expect(JSON.stringify(optionTexts(definition, 'k'))).not.toContain(HIDDEN);
});

it('tells values, functions and schemas apart by a hash that has a key', () => {
  const of = (secret: string, handler: () => unknown, key = 'k') =>
    optionTexts({ headers: { a: secret }, handler, response: { const: secret } }, key);
  const [before, same, after] = [of('a', () => 1), of('a', () => 1), of('b', () => 2)];
  expect(same).toEqual(before);
  for (const name of ['headers.a', 'handler', 'response']) expect(after[name]).not.toBe(before[name]);
  expect(of('a', () => 1, 'another')['headers.a']).not.toBe(before['headers.a']);
});

it('takes any value', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(optionTexts({ circle, cache: circle }, 'k')).toHaveProperty('circle');
  fc.assert(
    fc.property(fc.object(), options => {
      for (const text of Object.values(optionTexts(options, 'k'))) expect(text).toBeTypeOf('string');
    }),
  );
});
