import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseKeys } from '../../src/config/api-key-entries.ts';
import { ApiKeys } from '../../src/identity/api-keys.ts';

const digest = (key: string) => hash('sha256', key);

describe('API keys', () => {
  it('are found by their hash', () => {
    const keys = new ApiKeys({ hashes: [`billing ${digest('k1')} orders:read orders:write`, `stock ${digest('k2')}`] });
    const user = {
      issuer: 'api-key',
      subject: 'billing',
      claims: {},
      scopes: ['orders:read', 'orders:write'],
      roles: [],
    };
    expect(keys.user('k1')).toEqual(user);
    expect(keys.user('k2')).toMatchObject({ subject: 'stock', scopes: [] });
    for (const key of ['k3', '', 'K1', 'k1 ', digest('k1'), '__proto__', 'billing']) {
      expect(keys.user(key)).toBeUndefined();
    }
  });

  it('may be two for one name, while one replaces the other', () => {
    const keys = new ApiKeys({ hashes: [`billing ${digest('old')} a`, `billing ${digest('new')} a b`] });
    expect(keys.user('old')).toMatchObject({ subject: 'billing', scopes: ['a'] });
    expect(keys.user('new')).toMatchObject({ subject: 'billing', scopes: ['a', 'b'] });
  });

  it('have hashes in capital letters, too', () => {
    expect(new ApiKeys({ hashes: [`billing ${digest('k1').toUpperCase()}`] }).user('k1')).toBeDefined();
  });

  it.each([
    ['semicolons', ';'],
    ['line ends', '\n'],
    ['line ends of Windows', '\r\n'],
    ['both', ' ;\n\n  '],
  ])('are read from a variable with %s', (_what, separator) => {
    const text = [`billing ${digest('k1')} a`, `stock\t${digest('k2')}`, ''].join(separator);
    const keys = new ApiKeys({ hashes: { env: 'KEYS' } }, { KEYS: text });
    expect(keys.user('k1')).toMatchObject({ subject: 'billing', scopes: ['a'] });
    expect(keys.user('k2')).toMatchObject({ subject: 'stock', scopes: [] });
  });

  it.each([undefined, '', ' ;\n'])('are missing in the variable with the value %j', KEYS => {
    const start = () => new ApiKeys({ hashes: { env: 'KEYS' } }, { KEYS });
    expect(start).toThrow(new TypeError('the variable KEYS has no API keys'));
  });

  it('of a variable that are none are named by their number, without their text', () => {
    const KEYS = `billing ${digest('k1')};stock correct-horse;;x ${digest('k1')}`;
    const start = () => new ApiKeys({ hashes: { env: 'KEYS' } }, { KEYS });
    const message = 'entry 2 has no SHA-256 of 64 hexadecimal digits; entry 3 has the hash of entry 1';
    expect(start).toThrow(new TypeError(`the variable KEYS: ${message}`));
  });

  it('of a list that are none are named by their number', () => {
    const start = () => new ApiKeys({ hashes: ['billing'] });
    expect(start).toThrow('auth.apiKey.hashes: entry 1 has no SHA-256 of 64 hexadecimal digits');
  });
});

describe('the entry of an API key', () => {
  it.each([
    ['billing secret', 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    ['billing', 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    [' ', 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    [`billing ${digest('k').slice(1)}`, 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    [`billing ${digest('k')}0`, 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    [`billing sha256:${digest('k')}`, 'entry 1 has no SHA-256 of 64 hexadecimal digits'],
    [digest('k'), 'entry 1 has no name in front of its hash'],
    [`${digest('k')} orders:read`, 'entry 1 has no name in front of its hash'],
    [`billing ${digest('')}`, 'entry 1 has the hash of an empty key'],
  ])('%j is a mistake: %s', (entry, message) => {
    expect(parseKeys([entry])).toEqual({ users: new Map(), mistakes: [{ index: 0, message }] });
  });

  it('may not have the hash of another one, also in other letters', () => {
    const entries = [`a ${digest('k')}`, `b ${digest('k').toUpperCase()}`, `a ${digest('k')}`];
    const { users, mistakes } = parseKeys(entries);
    expect([...users.values()].map(({ subject }) => subject)).toEqual(['a']);
    expect(mistakes).toEqual([
      { index: 1, message: 'entry 2 has the hash of entry 1' },
      { index: 2, message: 'entry 3 has the hash of entry 1' },
    ]);
  });
});
