import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { DefinitionError } from '../../src/config-loader/problem.ts';
import { ProjectError } from '../../src/config-loader/project-error.ts';
import { createProject } from '../support/project.ts';
import { codesOf, load } from './fixture.ts';

const IMPORT = "import { defineDefaults, defineGateway, defineRoute, defineService, type } from 'portico';\n";
const HELLO = `${IMPORT}export default defineRoute({ handler: () => 'hello' });\n`;

async function definitionOf(files: Readonly<Record<string, string>>) {
  return (await load(files)).routes[0]?.definition;
}

describe('a route', () => {
  it('has the options of its file and the path of its name', async () => {
    const { dir, gateway, routes } = await load({
      'routes/(shop)/api/users/[id=int]/[[tab]].get.ts': `${IMPORT}
        export default defineRoute('/api/users/[id=int]/[[tab]]', { handler: () => 1, timeout: '1s' });`,
      'portico.config.ts': `${IMPORT}export default defineGateway({
        serverTiming: true, trustedProxies: ['10.0.0.0/8', '::1'] });`,
    });
    expect(dir).toMatch(/^\//);
    expect(gateway).toEqual({ serverTiming: true, trustedProxies: ['10.0.0.0/8', '::1'] });
    expect(routes).toEqual([
      {
        file: 'routes/(shop)/api/users/[id=int]/[[tab]].get.ts',
        pattern: '/api/users/[id=int]/[[tab]]',
        label: '/api/users/{id}/{tab?}',
        segments: [
          { kind: 'literal', text: 'api' },
          { kind: 'literal', text: 'users' },
          { kind: 'param', name: 'id', matcher: expect.objectContaining({ name: 'int' }), optional: false },
          { kind: 'param', name: 'tab', matcher: undefined, optional: true },
        ],
        method: 'GET',
        hosts: [],
        kind: 'handler',
        takesBody: false,
        definition: { handler: expect.any(Function), timeout: '1s' },
      },
    ]);
  });

  it.each([
    ['index.ts', '/', undefined],
    ['index.post.ts', '/', 'POST'],
    ['a/index.get.ts', '/a', 'GET'],
    ['get.ts', '/get', undefined],
    ['robots.txt.get.ts', '/robots.txt', 'GET'],
    ['robots.txt/index.ts', '/robots.txt', undefined],
    ['(a)/(b)/c.mts', '/c', undefined],
    ['.well-known/x.js', '/.well-known/x', undefined],
    ['[...all].delete.mjs', '/[...all]', 'DELETE'],
    ['[[...all]].ts', '/[[...all]]', undefined],
    ['[[lang]]/about.ts', '/[[lang]]/about', undefined],
  ])('is routes/%s at %s', async (file, pattern, method) => {
    expect((await load({ [`routes/${file}`]: HELLO })).routes).toMatchObject([{ pattern, method }]);
  });

  it('is not made from other files in the folder', async () => {
    const none = 'throw new Error("nobody imports this")';
    const beside = [
      '_lib.ts',
      '_parts/x.ts',
      'a.test.ts',
      'a.spec.ts',
      'a.bench.mts',
      'a.d.ts',
      '.git/x.ts',
      'notes.md',
      '._a.ts',
    ];
    const files = Object.fromEntries(beside.map(name => [`routes/${name}`, none]));
    expect((await load({ 'routes/a.ts': HELLO, ...files })).routes.map(({ file }) => file)).toEqual(['routes/a.ts']);
  });

  it("may use the team's own matchers", async () => {
    const { routes } = await load({
      'routes/[n=even].ts': HELLO,
      'routes/_matchers.ts': 'export const even = (text: string) => Number(text) % 2 === 0;',
    });
    const [segment] = routes[0]?.segments ?? [];
    const matcher = segment?.kind === 'param' ? segment.matcher : undefined;
    expect([matcher?.test('2'), matcher?.test('3')]).toEqual([true, false]);
  });

  it('treats an undefined option as absent', async () => {
    const text = `${IMPORT}export default defineRoute({
      handler: () => 1, proxy: undefined, cache: undefined } as never);`;
    expect((await load({ 'routes/a.ts': text })).routes).toMatchObject([{ kind: 'handler' }]);
  });
});

describe('addresses', () => {
  it.each([
    ['two names of one param', ['[a].ts', '[b].ts'], true],
    ['one matcher under two names', ['[a=int].ts', '[b=int].ts'], true],
    ['a file and an index', ['a.ts', 'a/index.ts'], true],
    ['a group and no group', ['a.ts', '(g)/a.ts'], true],
    ['a rest and an optional rest', ['[...a].ts', '[[...b]].ts'], true],
    ['two optional first segments', ['[[a=int]]/x.ts', '[[b]]/x.ts'], true],
    ['two methods', ['[a].get.ts', '[b].post.ts'], false],
    ['a method and all of them', ['a.get.ts', 'a.ts'], false],
    ['two matchers', ['[a=int].ts', '[b=slug].ts'], false],
    ['a literal and an optional first segment', ['about.ts', '[[lang]]/about.ts'], false],
    ['an index and an optional segment', ['index.ts', '[[lang]].ts'], false],
    ['two folders', ['[a]/x.ts', '[b]/y.ts'], false],
  ])('conflict or not: %s', async (_, names, conflict) => {
    const files = Object.fromEntries(names.map(name => [`routes/${name}`, HELLO]));
    if (conflict) expect(await codesOf(files)).toEqual(['P102']);
    else expect((await load(files)).routes).toHaveLength(2);
  });

  it('are distinguished by their hosts', async () => {
    const host = (name: string) => `${IMPORT}export default defineDefaults({ host: ${name} });`;
    const files = { 'routes/(a)/x.ts': HELLO, 'routes/(b)/x.ts': HELLO, 'routes/x.ts': HELLO };
    const { routes } = await load({
      ...files,
      'routes/(a)/_defaults.ts': host("'A.example'"),
      'routes/(b)/_defaults.ts': host("['b.example', 'www.b.example']"),
    });
    expect(routes.map(({ hosts }) => hosts)).toEqual([['a.example'], ['b.example', 'www.b.example'], []]);
    const same = { 'routes/(a)/_defaults.ts': host("'a.example'"), 'routes/(b)/_defaults.ts': host("'A.EXAMPLE'") };
    expect(await codesOf({ ...files, ...same })).toEqual(['P102']);
  });
});

describe('folder defaults', () => {
  const defaults = (options: string) => `${IMPORT}export default defineDefaults(${options});`;
  const proxy = (options: string) =>
    `${IMPORT}export default defineRoute({ proxy: 'http://127.0.0.1:1', ${options} });`;

  it('are merged key by key: outer folders, the nearest folder, then the route', async () => {
    const definition = await definitionOf({
      'routes/_defaults.ts': defaults(
        "{ cache: { ttl: '1m', swr: '1m' }, breaker: { minRequests: 30, resetTimeout: '1s' } }",
      ),
      'routes/a/_defaults.ts': defaults("{ cache: { swr: '2m', vary: ['accept'] } }"),
      'routes/a/b.get.ts': proxy("cache: { vary: ['accept-language'] }"),
    });
    expect(definition).toMatchObject({
      cache: { ttl: '1m', swr: '2m', vary: ['accept-language'] },
      breaker: { minRequests: 30, resetTimeout: '1s' },
    });
  });

  it('end at false', async () => {
    const definition = await definitionOf({
      'routes/_defaults.ts': defaults("{ cache: { ttl: '1m' }, timeout: '5s' }"),
      'routes/a/_defaults.ts': defaults('{ cache: false }'),
      'routes/a/b.get.ts': proxy("cache: { swr: '1m' }, timeout: false"),
    });
    expect(definition).toMatchObject({ cache: { swr: '1m' }, timeout: false });
  });

  it('read a plain timeout as the timeout for response headers', async () => {
    const files = { 'routes/_defaults.ts': defaults("{ timeout: '5s' }") };
    expect(await definitionOf({ ...files, 'routes/a.ts': proxy('') })).toMatchObject({ timeout: '5s' });
    expect(await definitionOf({ ...files, 'routes/a.ts': proxy("timeout: '1s'") })).toMatchObject({ timeout: '1s' });
    expect(await definitionOf({ ...files, 'routes/a.ts': proxy("timeout: { idle: '9s' }") })).toMatchObject({
      timeout: { headers: '5s', idle: '9s' },
    });
  });

  it('apply only to routes that can have the policy', async () => {
    const all = "{ cache: {}, timeout: '1s', retry: {}, breaker: {}, guard: () => undefined }";
    const policies = async (name: string, response: string) => {
      const text = `${IMPORT}const s = defineService('s', { targets: ['http://h'] });
        export default defineRoute({ ${response} });`;
      const definition = await definitionOf({ 'routes/_defaults.ts': defaults(all), [`routes/${name}`]: text });
      return Object.keys(definition ?? {}).filter(key =>
        ['cache', 'timeout', 'retry', 'breaker', 'guard'].includes(key),
      );
    };
    expect(await policies('a.ts', 'proxy: s')).toEqual(['cache', 'timeout', 'retry', 'breaker', 'guard']);
    expect(await policies('a.post.ts', 'proxy: s')).toEqual(['timeout', 'breaker', 'guard']);
    expect(await policies('a.ts', 'handler: () => 1')).toEqual(['cache', 'timeout', 'guard']);
    expect(await policies('a.ts', "redirect: '/b'")).toEqual(['guard']);
    const aggregate = "aggregate: { p: { from: s('/p'), response: type() } }, reply: p => p";
    expect(await policies('a.ts', aggregate)).toEqual(['cache', 'timeout', 'guard']);
  });

  it('enable compression by the nearest folder, and not for a redirect', async () => {
    const files = {
      'routes/_defaults.ts': defaults('{ compress: true }'),
      'routes/a/_defaults.ts': defaults('{ compress: false }'),
    };
    expect(await definitionOf({ ...files, 'routes/b.ts': proxy('') })).toMatchObject({ compress: true });
    expect(await definitionOf({ ...files, 'routes/a/b.ts': proxy('') })).toMatchObject({ compress: false });
    expect(await definitionOf({ ...files, 'routes/a/b.ts': proxy('compress: true') })).toMatchObject({
      compress: true,
    });
    const redirect = (options: string) => `${IMPORT}export default defineRoute({ redirect: '/x'${options} });`;
    expect(await definitionOf({ ...files, 'routes/b.ts': redirect('') })).not.toHaveProperty('compress');
    expect(await codesOf({ 'routes/b.ts': redirect(', compress: true') })).toEqual(['P124']);
  });

  it('are checked together with the route', async () => {
    const files = { 'routes/_defaults.ts': defaults("{ timeout: '20s', breaker: {} }") };
    expect(await codesOf({ ...files, 'routes/a.ts': proxy('') })).toEqual(['P133']);
    expect(await codesOf({ ...files, 'routes/a.ts': proxy("breaker: { window: '15s' }") })).toEqual(['P133']);
    expect(await definitionOf({ ...files, 'routes/a.ts': proxy("timeout: '1s'") })).toMatchObject({ timeout: '1s' });
  });

  it('put the guards of outer folders first, unless one says false', async () => {
    const guardsOf = async (folder: string, inner: string, own: string) => {
      const definition = await definitionOf({
        'routes/_defaults.ts': defaults(folder),
        'routes/in/_defaults.ts': defaults(inner),
        'routes/in/a.ts': proxy(own),
      });
      return [definition?.guard || []].flat().map(each => each.name);
    };
    const [outer, middle] = ['{ guard: function outer() {} }', '{ guard: [function one() {}, function two() {}] }'];
    expect(await guardsOf(outer, middle, 'guard: function own() {}')).toEqual(['outer', 'one', 'two', 'own']);
    expect(await guardsOf(outer, '{}', '')).toEqual(['outer']);
    expect(await guardsOf(outer, middle, 'guard: false')).toEqual([]);
    expect(await guardsOf(outer, '{ guard: false }', 'guard: function own() {}')).toEqual(['own']);
    expect(await guardsOf(outer, '{}', 'guard: []')).toEqual(['outer']);
  });
});

describe('a folder without a project', () => {
  it('is reported with the remedy', async () => {
    await expect(loadDefinitions('/no/such/folder')).rejects.toThrow(/no folder \/no\/such\/folder; give/);
    const empty = await mkdtemp(join(tmpdir(), 'portico-empty-'));
    await expect(loadDefinitions(empty)).rejects.toThrow(/no routes\/ in .*; add routes\/hello\.get\.ts/);
    await expect(loadDefinitions(empty)).rejects.toBeInstanceOf(ProjectError);
    await rm(empty, { recursive: true });
    await using project = await createProject({ 'routes/_lib.ts': '' });
    await expect(loadDefinitions(project.dir)).rejects.toThrow(/no routes in .*; add routes\/hello\.get\.ts/);
  });
});

describe('portico.config.ts', () => {
  it.each([
    ["limits: { head: '0B' }", ['P123']],
    ["limits: { headersTimeout: '0s' }", ['P123']],
    ["limits: { headersTimeout: '60d', url: '0KB' }", ['P123', 'P123']],
    ['limits: { headers: 0 }', ['P122']],
    ['limits: { connections: 1.5 }', ['P122']],
    ["limits: { heads: '1KB' }", ['P121']],
    ["strippedRequestHeaders: ['x user']", ['P122']],
    ["cache: { redis: 'http://127.0.0.1:6379' }", ['P122']],
    ["cache: { redis: { url: '127.0.0.1' } }", ['P122']],
    ['cache: { redis: {} }', ['P122']],
    ["cache: { redis: { url: 'redis://a', key: 'b' } }", ['P121']],
    ["cache: { disk: { path: 'cache.db', size: '0GB' } }", ['P123']],
    ["cache: { disk: '' }", ['P122']],
    ["cache: { disk: { size: '1GB' } }", ['P122']],
    ["strippedRequestHeaders: ['x-*-user']", ['P122']],
  ])('is checked: %s', async (options, codes) => {
    const config = `${IMPORT}export default defineGateway({ ${options} });`;
    expect(await codesOf({ 'routes/a.ts': HELLO, 'portico.config.ts': config })).toEqual(codes);
  });
});

it('loads a project again after a mistake was corrected elsewhere', async () => {
  await expect(load({ 'routes/a.ts': `${IMPORT}export default defineRoute({});` })).rejects.toBeInstanceOf(
    DefinitionError,
  );
  expect((await load({ 'routes/a.ts': HELLO })).routes).toHaveLength(1);
});

describe('option names of version 0.1', () => {
  it('are all reported at once with their new names', async () => {
    const failure = await load({
      'routes/a.ts': `${IMPORT}export default defineRoute({
        aggregate: {
          one: { from: () => false, response: type(), optional: true, needs: ['two'], breaker: { reset: '1s' } },
          two: { from: () => false, response: type(), optional: true },
        },
        reply: () => 1,
      } as never);`,
      'routes/b.ts': `${IMPORT}
        const service = defineService('b', {
          targets: { find: () => [], every: '1m' },
          ejection: { first: '1s', longest: '2s' },
          health: { path: '/h', every: '1s', down: 1, up: 1 },
          mirror: { to: defineService('m', { targets: ['http://127.0.0.1:9'] }), most: 1 },
        } as never);
        export default defineRoute({
          proxy: service,
          cache: { staticise: { most: 1 } },
          timeout: { head: '1s' },
          breaker: { reset: '1s', resetMost: '2s' },
          hedge: { most: '1%' },
          origins: ['https://a.test'],
        } as never);`,
      'portico.config.ts': `${IMPORT}export default defineGateway({
        identityHeaders: ['x-user'],
        limits: { headTime: '1s', bodyRate: '1KB' },
      } as never);`,
    }).catch((error: DefinitionError) => error);
    if (!(failure instanceof DefinitionError)) throw new Error('old names are loaded');
    const renamed = failure.problems.map(({ message, remedy }) => [
      /unknown option "(\w+)"/.exec(message)?.[1],
      /write "(\w+)": that is its name now/.exec(remedy)?.[1],
    ]);
    expect(renamed.toSorted()).toEqual(
      [
        ['needs', 'dependsOn'],
        ['reset', 'resetTimeout'],
        ['every', 'interval'],
        ['first', 'baseTime'],
        ['longest', 'maxTime'],
        ['every', 'interval'],
        ['down', 'unhealthyThreshold'],
        ['up', 'healthyThreshold'],
        ['most', 'max'],
        ['staticise', 'keepForever'],
        ['head', 'headers'],
        ['reset', 'resetTimeout'],
        ['resetMost', 'maxResetTimeout'],
        ['most', 'max'],
        ['origins', 'allowedOrigins'],
        ['identityHeaders', 'strippedRequestHeaders'],
        ['headTime', 'headersTimeout'],
        ['bodyRate', 'minBodyRate'],
      ].toSorted(),
    );
  });
});
