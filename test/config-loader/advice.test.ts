import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { createProject } from '../support/project.ts';
import { mistakesOf } from './fixture.ts';

const IMPORT = "import { defineRoute, defineService, type } from 'portico';\n";
const HELLO = `${IMPORT}export default defineRoute({ handler: () => 'hello' });\n`;

/** Every problem of a project with these files: position, message and remedy. */
async function adviceFor(files: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]> {
  await using project = await createProject(files);
  const { problems } = await mistakesOf(project.dir);
  return problems.map(({ code, file, line, column, message, remedy }) => [
    `${code} ${file}:${line}:${column}`,
    message,
    remedy,
  ]);
}

const route = (definition: string) => `${IMPORT}export default defineRoute({ ${definition} });\n`;

describe('package.json', () => {
  it('gets one hint to point #services to an existing file', async () => {
    const text = `import { s } from '#services';\n${HELLO}`;
    const found = await adviceFor({
      'package.json': '{ "type": "module", "imports": { "#services": "./service.ts" } }',
      'routes/a.ts': text,
      'routes/b.ts': `\n${text}`,
    });
    expect(found).toEqual([
      [
        'P114 routes/a.ts:1:19',
        'package.json "imports" maps #services to ./service.ts, which does not exist',
        'create service.ts, or correct the line in package.json',
      ],
    ]);
  });

  it('gets one hint to declare #services', async () => {
    const text = `import { s } from '#services';\n${HELLO}`;
    const found = await adviceFor({ 'package.json': '{ "type": "module" }', 'routes/a.ts': text, 'routes/b.ts': text });
    expect(found.map(([at]) => at)).toEqual(['P113 routes/a.ts:1:19']);
  });

  it.each([
    ['{\n  "type": "module",\n  "imports": {},\n}', '4:1'],
    ['{ "type": "module"', '1:19'],
    ['', '1:1'],
  ])('is the only problem if it is invalid JSON: %j', async (text, position) => {
    const found = await adviceFor({ 'package.json': text, 'routes/a.ts': HELLO, 'routes/b.ts': HELLO });
    expect(found).toEqual([
      [`P114 package.json:${position}`, expect.stringContaining('package.json is no JSON'), 'correct the JSON'],
    ]);
  });
});

describe('an import', () => {
  it('of a compiled file name is reported with the name of the source', async () => {
    const found = await adviceFor({
      'lib/foo.ts': 'export const x: number = 1;',
      'routes/a.ts': `import { x } from '../lib/foo.js';\n${HELLO}`,
    });
    expect(found).toEqual([
      ['P112 routes/a.ts:1:19', 'Node imports files by their whole name', "write '../lib/foo.ts'"],
    ]);
  });

  it.each([
    ['{ catalogue }', '#services', 'did you mean "catalog"? else export it there'],
    ['{ zzz }', '#services', 'export it there; it exports basket, catalog, pay'],
    ['{ defineRoutes }', 'portico', 'did you mean "defineRoute"? else import what it exports'],
    [
      '{ RouteContext }',
      'portico',
      'did you mean the type "Context"? write import { type Context } from \'portico\'; else import what it exports',
    ],
    ['{ zzz }', 'portico', expect.stringMatching(/^import what it exports; it exports .*defineRoute, defineService/)],
  ])('of %s from %s without that export is reported with the exports there are', async (names, from, remedy) => {
    const found = await adviceFor({
      'services.ts': `${IMPORT}export * from './more.ts';\nexport const catalog: unknown = 1, basket = 2;\n`,
      'more.ts': 'const p = 1;\nexport { p as pay };\nexport default p;\n',
      'routes/a.ts': `import ${names} from '${from}';\n${HELLO}`,
    });
    expect(found).toEqual([['P114 routes/a.ts:1:10', expect.stringContaining('does not export'), remedy]]);
  });

  it('uses import instead of require', async () => {
    const found = await adviceFor({ 'routes/a.ts': `const fs = require('node:fs');\n${HELLO}` });
    expect(found).toEqual([
      ['P114 routes/a.ts:1:12', 'the file is a module, and a module has no require', "write import { … } from '…'"],
    ]);
  });
});

it('of a route with a colon parameter gets the hint to use brackets', async () => {
  const found = await adviceFor({ 'routes/:id.get.ts': HELLO, 'routes/:shop/a.ts': HELLO });
  expect(found.map(([at, , remedy]) => [at, remedy])).toEqual([
    ['P103 routes/:id.get.ts:1:1', 'write [id]'],
    ['P103 routes/:shop/a.ts:1:1', 'write [shop]'],
  ]);
});

describe('a file with the suffix of a read method', () => {
  it.each([
    ['get', 'body: type()'],
    ['head', 'body: type()'],
    ['get', "purges: ['a']"],
    ['head', "purges: ['a']"],
    ['options', "purges: ['a']"],
  ])('.%s cannot have %s', async (suffix, option) => {
    const found = await adviceFor({ [`routes/a.${suffix}.ts`]: route(`handler: () => 1, ${option}`) });
    const [name] = option.split(':');
    expect(found).toEqual([
      [`P124 routes/a.${suffix}.ts:2:48`, expect.anything(), expect.stringMatching(`^remove ${name}, or `)],
    ]);
  });

  it('gets one hint about options that its response cannot have', async () => {
    const found = await adviceFor({ 'routes/a.get.ts': route("redirect: '/b', purges: ['a']") });
    expect(found.map(([at]) => at)).toEqual(['P124 routes/a.get.ts:2:46']);
  });
});

it.each([
  ['handlr: () => 1', ['P121']],
  ['agregate: {}, reply: () => 1', ['P121']],
  ['cach: {}', ['P120', 'P121']],
])('with { %s } gets the option that was meant', async (definition, codes) => {
  const found = await adviceFor({ 'routes/a.ts': route(definition) });
  expect(found.map(([at = '']) => at.split(' ')[0])).toEqual(codes);
});

describe('of two services with one name', () => {
  it('the wrong one is shown, in one module', async () => {
    const found = await adviceFor({
      'services.ts': `${IMPORT}
export const z = defineService('s', { targets: ['http://h'] });
export const a = defineService('s', { targets: ['ftp://h'] });
`,
      'routes/a.ts': HELLO,
    });
    expect(found.map(([at]) => at)).toEqual(['P125 services.ts:3:32', 'P129 services.ts:4:49']);
  });

  it('the wrong one is shown, in two files', async () => {
    const found = await adviceFor({
      'services.ts': `${IMPORT}export const s = defineService('s', { targets: ['http://h'] });\n`,
      'routes/a.ts': `${IMPORT}const own = defineService('s', { targets: [] });
        export default defineRoute({ proxy: own });\n`,
    });
    expect(found.map(([at]) => at?.replace(/:\d+$/, ''))).toContain('P129 routes/a.ts:2');
  });
});

describe('a lifetime by status', () => {
  const cached = (ttl: string, more = '') =>
    adviceFor({ 'routes/a.ts': route(`proxy: 'http://127.0.0.1:9', cache: { ttl: ${ttl}${more} }`) });

  it.each([206, 304, 400, 429, 500, 503])('for %i is rejected, since such a response is never stored', async status => {
    const [problem] = await cached(`{ 200: '5m', ${status}: '5s' }`);
    expect(problem?.[0]).toMatch(/^P145 routes\/a\.ts:2:\d+$/);
    expect(problem?.[1]).toBe(`a response with ${status} is never stored`);
  });

  it.each([
    "{ 200: '5 minutes' }",
    '{ 200: 5 }',
    "{ ok: '5m' }",
    "{ 99: '5m' }",
    '{}',
    "{ override: '5m', 200: '1s' }",
  ])('that is invalid gets the valid forms: %s', async ttl => {
    const [problem] = await cached(ttl);
    expect(problem?.[0]).toMatch(/^P12[123] /);
  });

  it('may be set for an error status in the rfc9111 profile', async () => {
    await using project = await createProject({
      'routes/a.ts': route(`proxy: 'http://127.0.0.1:9', cache: { ttl: { 503: '1s' }, profile: 'rfc9111' }`),
    });
    await expect(loadDefinitions(project.dir)).resolves.toBeDefined();
  });
});

describe('options of other tools', () => {
  it.each([
    [
      "handler: (req: unknown, res: unknown) => 'x'",
      'a handler has one argument, the context, and returns the response',
    ],
    ["handler: () => 'x', cors: { origin: 'https://a.example' }", 'unknown option "origin" in cors'],
    [
      "proxy: 'http://127.0.0.1:9', cache: { ttl: '1m', staleWhileRevalidate: '5m' }",
      'unknown option "staleWhileRevalidate" in cache',
    ],
    ["target: 'http://127.0.0.1:9', proxy: 'http://127.0.0.1:9'", 'unknown option "target"'],
  ])('are reported with the option of this one: %s', async (definition, message) => {
    const text = `${IMPORT}export default defineRoute({ ${definition} } as never);\n`;
    const remedies: Readonly<Record<string, string>> = {
      handler: 'write handler: c => ({ … })',
      origin: 'write "origins"',
      stale: 'write "swr"',
      target: 'write "proxy"',
    };
    const [, , remedy] = (await adviceFor({ 'routes/a.ts': text })).find(([, said]) => said === message) ?? [];
    const [, expected = 'nothing'] = Object.entries(remedies).find(([name]) => message.includes(name)) ?? [];
    expect(remedy).toContain(expected);
  });

  it('keep routes in src/routes, which is not read', async () => {
    await using project = await createProject({ 'src/routes/a.ts': HELLO });
    await expect(loadDefinitions(project.dir)).rejects.toThrow(/move src\/routes to routes, or give --dir src$/);
  });

  it('import JSON without an attribute', async () => {
    const text = `import products from '../products.json';\n${HELLO}export const first = products;\n`;
    expect(await adviceFor({ 'products.json': '[]', 'routes/a.ts': text })).toEqual([
      [
        'P114 routes/a.ts:1:22',
        'an import of JSON says so',
        "write import … from '../products.json' with { type: 'json' }",
      ],
    ]);
  });

  it('misspell JSON Schema keywords, while those of OpenAPI and annotations are valid', async () => {
    const schema = (text: string) =>
      `${IMPORT}export default defineRoute({ response: ${text} as never, handler: () => 'x' });\n`;
    const [found] = await adviceFor({ 'routes/a.ts': schema("{ type: 'object', propertys: {} }") });
    expect(found?.slice(1)).toEqual(['JSON Schema has no keyword "propertys"', 'write "properties"']);
    await using project = await createProject({
      'routes/a.ts': schema(
        "{ type: 'string', example: 'a', nullable: true, 'x-lable': 1, unit: 'm', summary: 's', label: 'l' }",
      ),
    });
    expect((await loadDefinitions(project.dir)).routes).toHaveLength(1);
  });
});
