import { describe, expect, it } from 'vitest';
import { type CsrfRules, checkedCsrf, csrfOfGateway, mergeCsrf } from '../../src/config/csrf.ts';
import { takesSession } from '../../src/config/session-auth.ts';
import { codesOf, load } from '../config-loader/fixture.ts';
import { route } from '../support/gateway.ts';

const ADMIN = ['https://admin.example'];
const OFF = { off: 'signed by its sender' };

describe('csrf', () => {
  it.each<[readonly CsrfRules[], CsrfRules]>([
    [[undefined, undefined], undefined],
    [[{}, undefined], {}],
    [[{ origins: ADMIN }, {}], { origins: ADMIN }],
    [[{ origins: ADMIN }, { origins: [] }], { origins: [] }],
    [[{ origins: ADMIN }, OFF], { origins: ADMIN, ...OFF }],
    [[{ origins: ADMIN }, OFF, {}], { origins: ADMIN }],
    [[OFF, undefined], OFF],
    [[{ origins: ADMIN }, false], false],
    [[{ origins: ADMIN }, false, {}], {}],
  ])('of %o is %o', (levels, expected) => {
    expect(levels.reduce(mergeCsrf, undefined)).toEqual(expected);
  });

  it.each<[CsrfRules, boolean]>([
    [undefined, false],
    [false, false],
    [OFF, false],
    [{}, true],
    [{ origins: ADMIN }, true],
  ])('%o is checked: %s', (rules, expected) => {
    expect(checkedCsrf(rules) !== undefined).toBe(expected);
  });

  it('is on by default in a gateway with sessions', () => {
    expect(csrfOfGateway({})).toBeUndefined();
    expect(csrfOfGateway({ session: {} })).toEqual({});
    expect(csrfOfGateway({ session: {}, csrf: false })).toBe(false);
    expect(csrfOfGateway({ csrf: { origins: ADMIN } })).toEqual({ origins: ADMIN });
  });

  it('reaches every kind of route from the gateway, through its folders', async () => {
    const { routes } = await load({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ csrf: { origins: ['https://admin.example'] } });`,
      'routes/a.post.ts': route('{ handler: () => 1 }'),
      'routes/b.ts': route(`{ redirect: '/a' }`),
      'routes/api/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ csrf: { off: 'signed by its sender' } });`,
      'routes/api/c.post.ts': route('{ handler: () => 1 }'),
      'routes/api/d.post.ts': route('{ csrf: { origins: [] }, handler: () => 1 }'),
    });
    const merged = Object.fromEntries(routes.map(({ file, definition: { csrf } }) => [file.slice(7), csrf]));
    expect(merged).toEqual({
      'a.post.ts': { origins: ADMIN },
      'b.ts': { origins: ADMIN },
      'api/c.post.ts': { origins: ADMIN, ...OFF },
      'api/d.post.ts': { origins: [] },
    });
  });

  it('may be false in a gateway without sessions', async () => {
    const { routes } = await load({
      'portico.config.ts': `import { defineGateway } from 'portico'; export default defineGateway({ csrf: false });`,
      'routes/a.post.ts': route('{ handler: () => 1 }'),
    });
    expect(routes[0]?.definition.csrf).toBe(false);
  });

  it('has a reason that says something', async () => {
    expect(await codesOf({ 'routes/a.post.ts': route(`{ csrf: { off: '' }, handler: () => 1 }`) })).toEqual(['P122']);
  });
});

it('a session satisfies rules that name no credentials, or all of which name it', () => {
  expect(takesSession([])).toBe(true);
  expect(takesSession([{ scopes: ['a'] }, { by: ['session', 'jwt'] }])).toBe(true);
  expect(takesSession([{ by: ['session', 'jwt'] }, { by: ['jwt'] }])).toBe(false);
});

describe('the origin of a gateway', () => {
  const config = (origin: string) => ({
    'portico.config.ts': `import { defineGateway } from 'portico'; export default defineGateway({ origin: '${origin}' });`,
    'routes/a.get.ts': route('{ handler: () => 1 }'),
  });

  it.each([
    'https://shop.example',
    'https://shop.example:8443',
    'http://localhost',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'http://shop.localhost:8080',
    'https://xn--bcher-kva.example',
  ])('may be %s', async origin => {
    expect((await load(config(origin))).gateway.origin).toBe(origin);
  });

  it.each([
    ['http://shop.example', 'P159'],
    ['http://10.0.0.7:8080', 'P159'],
    ['http://localhost.example', 'P159'],
    ['http://notlocalhost', 'P159'],
    ['https://Shop.example', 'P159'],
    ['https://shop.example:443', 'P159'],
    ['https://u:p@shop.example', 'P159'],
    ['https://*.shop.example', 'P159'],
    ['https://bücher.example', 'P159'],
    ['https://shop.example/', 'P122'],
    ['ftp://shop.example', 'P122'],
    ['null', 'P122'],
  ])('is not %s', async (origin, code) => {
    expect(await codesOf(config(origin))).toEqual([code]);
  });
});
