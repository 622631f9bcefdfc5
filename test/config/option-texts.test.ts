import { expect, it } from 'vitest';
import { optionTexts } from '../../src/config/option-texts.ts';
import { defineService } from '../../src/index.ts';

const stock = defineService('stock', { targets: ['http://127.0.0.1:1'] });

it('names each written option, and no value of a secret', () => {
  const texts = optionTexts({
    proxy: stock,
    cache: { ttl: '1m', vary: ['accept-language'] },
    auth: { oidc: { issuer: 'https://id.example', secret: 'hidden' } },
    session: { keys: ['hidden'] },
    redis: 'redis://user:hidden@127.0.0.1:6379',
    headers: { authorization: 'hidden' },
    handler: () => 1,
    timeout: undefined,
    allowLists: [['added by the loader']],
  });
  expect(texts).toMatchObject({
    proxy: 'stock',
    'cache.ttl': '"1m"',
    'cache.vary': '["accept-language"]',
    'auth.oidc.issuer': '"https://id.example"',
    redis: '"redis://…@127.0.0.1:6379"',
  });
  expect(Object.keys(texts)).not.toContain('timeout');
  expect(JSON.stringify(texts)).not.toContain('hidden');
  expect(JSON.stringify(texts)).not.toContain('added by the loader');
});

it('tells functions and schemas apart by their text', () => {
  const of = (handler: () => unknown, type: string) => optionTexts({ handler, response: { type } });
  const [before, same, after] = [of(() => 1, 'string'), of(() => 1, 'string'), of(() => 2, 'number')];
  expect(same).toEqual(before);
  expect(after.handler).not.toBe(before.handler);
  expect(after.response).not.toBe(before.response);
});

it('knows objects that have no JSON', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(optionTexts({ circle })).toEqual({ circle: '' });
});
