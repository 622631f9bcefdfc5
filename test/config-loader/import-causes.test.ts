import { rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { createProject } from '../support/project.ts';
import { mistakesOf } from './fixture.ts';

const ROUTE = "import { defineRoute } from 'portico';\n";
const importing = (line: string) => `${ROUTE}${line}\nexport default defineRoute({ handler: () => 'a' });\n`;

/** A folder with brackets and a group has a name that a URL writes in another way. */
const FILE = 'routes/(shop)/[id]/a.get.ts';

const FILES = {
  'package.json': '{ "type": "module", "imports": { "#services": "./services.ts", "#kept/*": "./kept/*" } }',
  'services.ts': 'export {};\n',
  'src/lib/x.ts': 'export const x = 1;\n',
  'src/lib/index.ts': 'export const x = 1;\n',
  'kept/k.ts': 'export const x = 1;\n',
  'src/data.json': '{ "a": 1 }\n',
  'src/common.cjs': 'module.exports = (() => ({ a: 1 }))();\n',
  'src/reads-json.ts': "import d from './data.json';\nexport const x = d;\n",
  'src/decorated.ts': 'const log = (value: unknown) => value;\n@log\nexport class A {}\n',
  'src/throws.ts': "\nthrow new Error('no database');\n",
  'node_modules/common/package.json': '{ "name": "common", "main": "index.js" }',
  'node_modules/common/index.js': 'module.exports = (() => ({ a: 1 }))();\n',
  'node_modules/module/package.json':
    '{ "name": "module", "type": "module", "exports": { ".": "./i.js", "./a": "./i.js" } }',
  'node_modules/module/i.js': 'export const a = 1;\n',
  'node_modules/@acme/prices/package.json':
    '{ "name": "@acme/prices", "type": "module", "exports": { "./*": "./*.ts" } }',
  'node_modules/@acme/prices/net.ts': 'export const net = (gross: number): number => gross / 1.2;\n',
  'src/sums.ts': "import { net } from '@acme/prices/net';\nexport const x = net(12);\n",
  'tsconfig.json': '{ "extends": "./config/base" }',
  'config/base.json': `{
  // As an editor wrote it.
  "compilerOptions": {
    "baseUrl": "..",
    "paths": {
      "*": ["./types/*"], "@/*": ["./src/*"], "@lib/*": ["./src/nowhere/*", "./src/lib/*"], "~index": ["./src/lib"],
      "@kept/*": ["./kept/*"], "outside/*": ["../*"],
    },
  },
}
`,
};

/** The only problem of a project with this line in a route: where, what, remedy. */
async function problemWith(line: string, options: { readonly linked?: boolean } = {}): Promise<readonly string[]> {
  await using project = await createProject({ ...FILES, [FILE]: importing(line) });
  const link = join(tmpdir(), `portico-link-${process.pid}-${crypto.randomUUID()}`);
  if (options.linked) await symlink(project.dir, link, 'dir');
  try {
    const { problems } = await mistakesOf(options.linked ? link : project.dir);
    const [problem] = problems;
    expect(problems).toHaveLength(1);
    expect(problem?.frame).toContain('─');
    return [
      `${problem?.code} ${problem?.file}:${problem?.line}:${problem?.column}`,
      problem?.message ?? '',
      problem?.remedy ?? '',
    ];
  } finally {
    await rm(link, { force: true });
  }
}

const add = (name: string, target: string, written: string) =>
  `add to package.json: "imports": { "${name}": "${target}" }, and write '${written}'`;

describe('an import by a path of tsconfig.json', () => {
  it.each([
    ['@/lib/x', add('#src/*', './src/*', '#src/lib/x.ts')],
    ['@/lib/none', add('#src/*', './src/*', '#src/lib/none.ts')],
    ['@/lib', add('#src/*', './src/*', '#src/lib/index.ts')],
    ['@lib/x', add('#lib/*', './src/lib/*', '#lib/x.ts')],
    ['~index', add('#index', './src/lib/index.ts', '#index')],
    ['@kept/k', "write '#kept/k.ts'"],
    ['outside/other.ts', expect.stringMatching(/^write '(?:\.\.\/)+other\.ts'$/)],
  ])("of '%s' gets the counterpart in package.json", async (specifier, remedy) => {
    expect(await problemWith(`import { x } from '${specifier}';`)).toEqual([
      `P176 ${FILE}:2:19`,
      `'${specifier}' is one of "paths" in tsconfig.json, which Node does not read`,
      remedy,
    ]);
  });
});

it('loads what the remedies say', async () => {
  const line = "import { x } from '#src/lib/x.ts';\nimport { x as y } from '#index';";
  await using project = await createProject({
    ...FILES,
    [FILE]: importing(line),
    'package.json': '{ "type": "module", "imports": { "#src/*": "./src/*", "#index": "./src/lib/index.ts" } }',
  });
  expect((await loadDefinitions(project.dir)).routes).toHaveLength(1);
});

const CAUSES: readonly (readonly [line: string, at: string, message: string, remedy: string])[] = [
  ["import x from 'fs/nope';", `${FILE}:2:15`, "Node has no module 'fs/nope'", 'correct the name'],
  ["import 'node:nofs';", `${FILE}:2:8`, "Node has no module 'node:nofs'", 'correct the name'],
  [
    "import x from 'https://esm.sh/x';",
    `${FILE}:2:15`,
    'Node imports nothing by https:',
    'install the package that has it, and import it by its name',
  ],
  [
    "import { x } from 'nothing/of/it';",
    `${FILE}:2:19`,
    'there is no package "nothing"',
    'install it: npm install nothing',
  ],
  [
    "import { x } from '@of/nothing/it';",
    `${FILE}:2:19`,
    'there is no package "@of/nothing"',
    'install it: npm install @of/nothing',
  ],
  [
    "import { x } from 'src/lib/x';",
    `${FILE}:2:19`,
    "Node looks for 'src/lib/x' among packages only",
    "write '../../../src/lib/x.ts'",
  ],
  [
    "import { x } from '~/lib/x';",
    `${FILE}:2:19`,
    "'~/lib/x' is neither a path nor the name of a package",
    'write a path that begins with ./ or ../, or a name of "imports" in package.json, which begins with #',
  ],
  [
    "import { x } from '%lib/x';",
    `${FILE}:2:19`,
    "'%lib/x' is neither a path nor the name of a package",
    'write a path that begins with ./ or ../, or a name of "imports" in package.json, which begins with #',
  ],
  [
    "import { x } from 'module/b/c';",
    `${FILE}:2:19`,
    "the package module does not export 'module/b/c'",
    'import what it exports: module, module/a',
  ],
  [
    "import x from 'common/none.js';",
    `${FILE}:2:15`,
    'there is no file common/none.js in node_modules',
    'correct the path, or install the version that has it',
  ],
  [
    "import { x } from '../../../src/none.ts';",
    `${FILE}:2:19`,
    'there is no src/none.ts',
    'create the file, or correct the path',
  ],
  [
    "import d from '../../../src/data.json';",
    `${FILE}:2:15`,
    'an import of JSON says so',
    "write import … from '../../../src/data.json' with { type: 'json' }",
  ],
  [
    "const d = await import('../../../src/data.json');",
    `${FILE}:2:24`,
    'an import of JSON says so',
    "write import('../../../src/data.json', { with: { type: 'json' } })",
  ],
  [
    "export { x } from '../../../src/reads-json.ts';",
    'src/reads-json.ts:1:15',
    'an import of JSON says so',
    "write import … from './data.json' with { type: 'json' }",
  ],
  [
    "import { a } from '../../../src/data.json' with { type: 'json' };",
    `${FILE}:2:10`,
    "'../../../src/data.json' is JSON, which has a default export only",
    'import the whole of it by a name, and write that name.a',
  ],
  [
    "import { a } from 'common';",
    `${FILE}:2:10`,
    `'common' is a CommonJS module, in which Node finds no export "a"`,
    "import the whole of it: import all from 'common'; const { a } = all",
  ],
  [
    "import { a as b } from '../../../src/common.cjs';",
    `${FILE}:2:10`,
    `'../../../src/common.cjs' is a CommonJS module, in which Node finds no export "a"`,
    "import the whole of it: import all from '../../../src/common.cjs'; const { a } = all",
  ],
  [
    "import { readFil } from 'node:fs';",
    `${FILE}:2:10`,
    `'node:fs' does not export "readFil"`,
    'did you mean "readFile"? else import what it exports',
  ],
  [
    "import { net } from '@acme/prices/net';",
    `${FILE}:2:21`,
    'the package @acme/prices is in TypeScript, and Node strips no types below node_modules',
    'compile it, and let "exports" of its package.json name the JavaScript',
  ],
  [
    "import { x } from '../../../src/sums.ts';",
    'src/sums.ts:1:21',
    'the package @acme/prices is in TypeScript, and Node strips no types below node_modules',
    'compile it, and let "exports" of its package.json name the JavaScript',
  ],
  [
    "throw new Error('no database');",
    `${FILE}:2:7`,
    'thrown while the file was imported: no database',
    'correct it, or do it when a request comes: a file is imported once, before any request',
  ],
  [
    "import '../../../src/throws.ts';",
    'src/throws.ts:2:7',
    'thrown while the file was imported: no database',
    'correct it, or do it when a request comes: a file is imported once, before any request',
  ],
];

describe.each([
  ['a project', false],
  ['a project behind a link', true],
])('in %s', (_where, linked) => {
  it.each(CAUSES)('%s has its line, its cause and its remedy', async (line, at, message, remedy) => {
    expect(await problemWith(line, { linked })).toEqual([`P114 ${at}`, message, remedy]);
  });

  it.each([
    ["import { A } from '../../../src/decorated.ts';", 'src/decorated.ts:2:1'],
    ['class A { @log b() {} }', `${FILE}:2:11`],
  ])('a decorator has its line: %s', async (line, at) => {
    const [where, message] = await problemWith(line, { linked });
    expect([where, message]).toEqual([
      `P110 ${at}`,
      'Node cannot strip a decorator: it would have to write code for it',
    ]);
  });
});
