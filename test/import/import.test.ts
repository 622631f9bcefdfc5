import { spawnSync } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadAddress } from '../support/backend.ts';
import { filesBelow } from '../support/files-below.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BOOKSHOP = fileURLToPath(new URL('bookshop.yaml', import.meta.url));

const { own, backend } = testResources();

/** The files that a project has, apart from what it starts with. */
async function filesOf({ dir }: TestProject): Promise<readonly string[]> {
  return (await filesBelow(dir)).filter(file => !/^(?:node_modules|package\.json)/.test(file)).sort();
}

function importInto({ dir }: TestProject, ...args: readonly string[]) {
  return runPortico(['import', ...args, '--dir', dir]);
}

describe('portico import of a shop', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = await createProject({});
    expect(await importInto(project, BOOKSHOP, '--as', 'books')).toMatchObject({ code: 0, err: '' });
  }, 30_000);

  afterAll(() => project[Symbol.asyncDispose]());

  const read = (file: string) => readFile(join(project.dir, file), 'utf8');

  it('writes a service, a route for each operation and a module for each schema', async () => {
    const files = await filesOf(project);
    expect(files.filter(file => file.startsWith('routes/'))).toHaveLength(19);
    expect(files).toEqual(
      expect.arrayContaining([
        'services.ts',
        'routes/api/books/books/index.get.ts',
        'routes/api/books/books/[bookId]/cover.put.ts',
        'routes/api/books/orders/[id]/payment.post.ts',
        'schemas/books/category.ts',
        'schemas/books/order-line.ts',
      ]),
    );
    expect(await read('services.ts')).toBe(`import { defineService } from 'portico';

export const books = defineService('books', {
  targets: { env: 'BOOKS_TARGETS', default: ['https://books.internal:8443/v2'] },
});
`);
  });

  it('writes routes as a team would', async () => {
    expect(await read('routes/api/books/books/[bookId]/reviews/[reviewId].get.ts')).toBe(
      `import { defineRoute } from 'portico';
import { books } from '#services';
import { Review } from '../../../../../../schemas/books/review.ts';

export default defineRoute('/api/books/books/[bookId]/reviews/[reviewId]', {
  proxy: books('/books/[bookId]/reviews/[reviewId]'),
  params: {
    type: 'object',
    required: ['bookId', 'reviewId'],
    properties: {
      bookId: { type: 'string', format: 'uuid' },
      reviewId: { type: 'integer', format: 'int64', exclusiveMinimum: 0 },
    },
  },
  response: { ...Review, examples: [{ id: 4, stars: 5, by: { guest: true } }] },
});
`,
    );
    expect(await read('routes/api/books/books/[bookId]/index.patch.ts')).toContain('/** @deprecated */');
    expect(await read('routes/api/books/books/index.get.ts')).toContain(
      ' * Books of the shop\n *\n * All books, newest',
    );
  });

  it('turns the dialect of 3.0 into JSON Schema 2020-12', async () => {
    const book = await read('schemas/books/book.ts');
    expect(book).toContain("subtitle: { type: ['string', 'null'] }");
    expect(book).toContain("format: { type: ['string', 'null'], enum: ['paper', 'e-book', null] }");
    expect(book).toContain("category: { anyOf: [Category, { type: 'null' }] }");
    expect(book).toContain("isbn: { type: 'string', 'x-pattern': ");
    expect(book).not.toContain('nineteen');
    const money = await read('schemas/books/money.ts');
    expect(money).toContain("amount: { type: 'number', exclusiveMinimum: 0, 'x-format': 'decimal' }");
    expect(money).toContain("examples: ['EUR']");
  });

  it('takes over the example of a response', async () => {
    expect(await read('routes/api/books/categories/[slug].get.ts')).toContain(
      "response: { allOf: [Category], examples: [{ slug: 'poems', name: 'Poems', children: [] }] },",
    );
  });

  it('requires in a request only what a client may send', async () => {
    expect(await read('schemas/books/book.ts')).toContain("required: ['id', 'title', 'price', 'format', 'createdAt']");
    expect(await read('schemas/books/book-request.ts')).toContain("required: ['title', 'price', 'format']");
    expect(await read('routes/api/books/books/index.post.ts')).toMatch(/body: BookRequest,\n {2}response: Book,/);
  });

  it('leaves a project that is checked, described and typed', async () => {
    await symlink(join(ROOT, 'node_modules/@types'), join(project.dir, 'node_modules/@types'), 'dir');
    await project.write(
      'use.ts',
      `import type { Infer } from 'portico';
import { Order } from './schemas/books/order.ts';
import { Category } from './schemas/books/category.ts';

export const status: 'open' | 'paid' | 'sent' = ({} as Infer<typeof Order>).status;
export const slug: string = ({} as Infer<typeof Category>).slug;
// @ts-expect-error It has no such status.
export const other: 'lost' = ({} as Infer<typeof Order>).status;
`,
    );
    const config = { extends: join(ROOT, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['node_modules'] };
    await project.write('tsconfig.json', JSON.stringify(config));
    const { vcs: _, ...biome } = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8'));
    await project.write('biome.json', JSON.stringify(biome));
    const { dir } = project;
    expect(await runPortico(['check', '--dir', dir])).toMatchObject({ code: 0, out: '19 routes, no problems' });
    expect(await runPortico(['openapi', '--dir', dir])).toMatchObject({ code: 0 });
    expect(await importInto(project, BOOKSHOP, '--as', 'books', '--check')).toMatchObject({ code: 0 });
    const run = (tool: string, ...args: readonly string[]) => {
      const { stdout, stderr, status } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, {
        cwd: dir,
        encoding: 'utf8',
      });
      return status === 0 ? '' : stdout + stderr;
    };
    expect(run('tsc', '--noEmit', '-p', '.')).toBe('');
    expect(run('biome', 'ci', 'routes', 'schemas', 'services.ts')).toBe('');
  }, 60_000);

  it('leaves routes that serve', async () => {
    const { url, requests } = await backend((_req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end('{"id":"o-1","status":"open","lines":[]}');
    });
    const gateway = own(startPortico('start', ['--dir', project.dir], { env: { BOOKS_TARGETS: `${url}/v2` } }));
    const { url: address } = await gateway.ready();
    const post = (body: unknown) =>
      fetch(new URL('api/books/orders', address), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const lines = [{ book: '0190a4c8-1f3e-7cc1-8f5b-0d6f6a1f0001', qty: 1 }];
    expect(await (await post({ lines })).json()).toEqual({ id: 'o-1', status: 'open', lines: [] });
    expect(requests[0]?.url).toBe('/v2/orders');
    const refused = await post({ lines: [{ qty: 0 }] });
    const { errors } = (await refused.json()) as { errors: readonly { pointer: string }[] };
    expect([refused.status, errors.map(({ pointer }) => pointer)]).toEqual([422, ['/lines/0/book', '/lines/0/qty']]);
    expect((await fetch(new URL('api/books/orders/7', address))).status).toBe(400);
    expect(requests).toHaveLength(1);
  });

  it('does not write over what is there', async () => {
    const before = await filesOf(project);
    const { code, err } = await importInto(project, BOOKSHOP, '--as', 'books');
    expect(code).toBe(1);
    expect(err).toContain('schemas/books/money.ts exists already');
    expect(err).toContain('routes/api/books/books/index.get.ts exists already');
    expect(err).toContain('GET /books would be at the address of routes/api/books/books/index.get.ts');
    expect(err).toMatch(/mistakes; nothing is written\n to compare the document with these routes, add --check$/m);
    expect(await filesOf(project)).toEqual(before);
  });
});

/** A document with these paths. */
function documentOf(paths: object, rest: object = {}): string {
  const servers = [{ url: 'http://127.0.0.1:4001' }];
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, servers, paths, ...rest });
}

const OK = { responses: { 200: { description: 'ok' } } };
const ITEMS = documentOf({ '/items': { get: OK } });

async function refusedBy(document: string, files: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
  const project = own(await createProject(files));
  await project.write('api.json', document);
  const before = await filesOf(project);
  const { code, out } = await importInto(project, join(project.dir, 'api.json'), '--as', 'api', '--json', ...args);
  expect(await filesOf(project)).toEqual(before);
  expect([code, out]).toEqual([1, expect.stringContaining('"mistakes"')]);
  const { mistakes } = JSON.parse(out) as { mistakes: readonly { pointer: string; message: string; remedy: string }[] };
  expect(mistakes.every(({ remedy }) => remedy !== '')).toBe(true);
  return mistakes.map(({ pointer, message }) => `${pointer} ${message}`);
}

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const returning = (schema: object) => ({ responses: { 200: { description: 'ok', ...json(schema) } } });

describe('a document with a mistake', () => {
  it.each([
    ['is no JSON', '{', / it is no JSON: /],
    ['is no YAML', 'a: [', / it is no YAML: /],
    ['is no document', '{}', / it is no OpenAPI document: it has no "openapi"/],
    ['is Swagger 2.0', '{"swagger":"2.0","paths":{}}', / it is Swagger 2.0/],
    ['is of a later version', '{"openapi":"4.0.0","paths":{}}', / OpenAPI 4.0.0 is not known/],
    ['has no paths', '{"openapi":"3.1.0"}', / it has no "paths"/],
    ['has no operation', documentOf({}), /^\/paths the document has no operation/],
    [
      'has no server',
      JSON.stringify({ openapi: '3.1.0', paths: { '/a': { get: OK } } }),
      / the document names no server/,
    ],
    [
      'has a server without an address',
      documentOf({ '/a': { get: OK } }, { servers: [{ url: '/v2' }] }),
      /^\/servers\/0\/url /,
    ],
    ['has a path without a slash', documentOf({ a: { get: OK } }), /^\/paths\/a\/get a path begins with a slash/],
    ['has a param in a segment', documentOf({ '/a/{x}.json': { get: OK } }), /"\{x\}.json" is not/],
    ['has two params of a name', documentOf({ '/a/{x}/{x}': { get: OK } }), /two params of the path are called "x"/],
    ['has params of one name in code', documentOf({ '/a/{x.y}/{x_y}': { get: OK } }), /would have the same names/],
    ['has a slash at the end', documentOf({ '/a/': { get: OK } }), /a route has no slash at its end/],
    ['has an empty segment', documentOf({ '/a//b': { get: OK } }), /a route has no empty segment/],
    ['has a hidden folder', documentOf({ '/_a/b': { get: OK } }), /no folder can have the name of the segment "_a"/],
    ['has a group', documentOf({ '/(a)/b': { get: OK } }), /cannot be the name of a route file/],
    ['has brackets', documentOf({ '/a[b]': { get: OK } }), /a bracket takes its whole segment/],
    [
      'has TRACE',
      documentOf({ '/a': { trace: OK, get: OK } }),
      /^\/paths\/~1a\/trace no route file can have the method TRACE/,
    ],
    [
      'has two templates of a path',
      documentOf({ '/a/{x}': { get: OK }, '/a/{y}': { get: OK } }),
      /^\/paths\/~1a~1\{y\}\/get GET \/a\/\{y\} would be at the address of GET \/a\/\{x\}$/,
    ],
    [
      'refers to nothing',
      documentOf({ '/a': { get: returning({ $ref: '#/components/schemas/No' }) } }),
      /schema\/\$ref "\$ref" leads nowhere/,
    ],
    [
      'refers to an anchor',
      documentOf({ '/a': { get: returning({ $ref: '#foo' }) } }),
      /schema\/\$ref "\$ref" names an "\$anchor", which is not followed: "#foo"/,
    ],
    [
      'has a very long segment',
      documentOf({ [`/${'a'.repeat(300)}`]: { get: OK } }),
      /no file can have a name of more/,
    ],
    [
      'refers to another file',
      documentOf({ '/a': { get: returning({ $ref: './b.yaml#/B' }) } }),
      /leads to another document, ".\/b.yaml#\/B"/,
    ],
    [
      'has a schema that only refers to itself',
      documentOf(
        { '/a': { get: returning({ $ref: '#/components/schemas/A' }) } },
        { components: { schemas: { A: { $ref: '#/components/schemas/A' } } } },
      ),
      /^\/components\/schemas\/A "\$ref" leads back to itself/,
    ],
    [
      'has a schema of no type',
      documentOf({ '/a': { get: returning({ type: 'file' }) } }),
      /^\/paths\/~1a\/get\/responses the schema cannot be used/,
    ],
    [
      'has a parameter without a place',
      documentOf({ '/a': { get: { ...OK, parameters: [{ name: 'q' }] } } }),
      /^\/paths\/~1a\/get\/parameters\/0 a parameter has "name" and "in"/,
    ],
  ])('that %s is refused', async (_what, document, message) => {
    expect(await refusedBy(document)).toEqual([expect.stringMatching(message)]);
  });

  it('is refused with all of them at once', async () => {
    const schemas = { 'a-b': { type: 'string' }, AB: { type: 'string' }, '***': { type: 'string' } };
    const refs = Object.keys(schemas).map(name => ({ $ref: `#/components/schemas/${name}` }));
    const mistakes = await refusedBy(
      documentOf(
        { '/a/': { get: OK }, '/b': { get: returning({ anyOf: refs }), trace: OK } },
        { components: { schemas } },
      ),
    );
    expect(mistakes).toEqual([
      expect.stringContaining('the method TRACE'),
      expect.stringContaining('no slash at its end'),
      '/components/schemas/AB it would have the same file as /components/schemas/a-b: AB',
      '/components/schemas/*** its name has no letter, so code cannot name it',
    ]);
  });

  it('that clashes with a route of the project is refused', async () => {
    const mine = {
      'routes/api/api/[id].ts': route(`{ handler: () => 'mine' }`),
      'routes/api/api/items.get.ts': route(`{ handler: () => '' }`),
    };
    const [address, file, ...more] = await refusedBy(ITEMS, mine);
    expect(address).toBe('/paths/~1items/get GET /items would be at the address of routes/api/api/items.get.ts');
    expect([file, more]).toEqual(['/paths/~1items/get routes/api/api/items.get.ts exists already', []]);
  });

  it('cannot be read', async () => {
    const project = own(await createProject({}));
    const { code, err } = await importInto(project, '/nowhere/api.json', '--as', 'api');
    expect([code, err]).toEqual([1, expect.stringContaining('it cannot be read: ENOENT')]);
    const refused = await importInto(project, await deadAddress(), '--as', 'api');
    expect(refused.err).toMatch(/it cannot be read: fetch failed: .*ECONNREFUSED/);
    await writeFile(join(project.dir, 'utf16.json'), `\uFEFF${ITEMS}`, 'utf16le');
    expect((await importInto(project, join(project.dir, 'utf16.json'), '--as', 'api')).err).toContain(
      'it is not UTF-8',
    );
    const { url } = await backend((_req, res) => void res.writeHead(404).end());
    expect((await importInto(project, url, '--as', 'api')).err).toContain('responded 404');
  });
});

describe('what is lost', () => {
  it('is listed above the files, with names that other systems cannot have', async () => {
    const either = { oneOf: [{ type: 'string' }], discriminator: { propertyName: 'kind' } };
    const paths = ['/Items', '/items', '/con', '/a:b'].map(path => [path, { get: OK }] as const);
    const project = own(await createProject({}));
    await project.write(
      'api.json',
      documentOf({ ...Object.fromEntries(paths), '/either': { get: returning(either) } }),
    );
    const { code, out } = await importInto(project, join(project.dir, 'api.json'), '--as', 'api', '--under', '/');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines.slice(0, 5).sort()).toEqual([
      ' #/paths/~1a:b/get  Windows cannot have the file routes/a:b.get.ts',
      ' #/paths/~1con/get  Windows cannot have the file routes/con.get.ts',
      expect.stringMatching(/^ #\/paths\/~1either\/get\/.*\/discriminator {2}it is left out: alternatives/),
      ' #/paths/~1items/get  on macOS and Windows routes/items.get.ts is the same as routes/Items.get.ts',
      'lost in the routes:',
    ]);
    expect(lines[0]).toBe('lost in the routes:');
  });
});

describe('the services of a project', () => {
  const imported = async (services: string, ...args: readonly string[]) => {
    const project = own(await createProject({ 'services.ts': services }));
    await project.write('api.json', ITEMS);
    const ended = await importInto(project, join(project.dir, 'api.json'), '--as', 'api', ...args);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(await runPortico(['check', '--dir', project.dir])).toMatchObject({ code: 0 });
    return readFile(join(project.dir, 'services.ts'), 'utf8');
  };
  const ADDED =
    "export const api = defineService('api', {\n  targets: { env: 'API_TARGETS', default: ['http://127.0.0.1:4001'] },\n});\n";

  it('stay as they are, and the new one is added', async () => {
    const mine = `// ours\nimport  {defineService,type Service}  from "portico"\n\nexport const a:Service = defineService("a",{targets:['http://127.0.0.1:1']})`;
    expect(await imported(mine)).toBe(`${mine}\n\n${ADDED}`);
  });

  it('may import nothing, or under another name', async () => {
    expect(await imported('')).toBe(`import { defineService } from 'portico';\n\n${ADDED}`);
    const renamed =
      "import { defineService as service } from 'portico';\n\nexport const a = service('a', { targets: ['http://127.0.0.1:1'] });\n";
    expect(await imported(renamed)).toBe(`${renamed}\n${ADDED.replace('defineService', 'service')}`);
    const types = "import type { Service } from 'portico';\n\nexport type Mine = Service;\n";
    expect(await imported(types)).toBe(`import { defineService } from 'portico';\n${types}\n${ADDED}`);
  });

  it('are used as they are where they have it', async () => {
    const mine =
      "import { defineService } from 'portico';\nexport const api = defineService('api', { targets: ['http://127.0.0.1:9'] });\n";
    expect(await imported(mine)).toBe(mine);
  });

  it('get the address that --target names', async () => {
    expect(await imported('', '--target', 'https://api.internal/v3')).toContain("default: ['https://api.internal/v3']");
  });

  it.each([
    ['has another constant of the name', 'export const api = 1;', 'exports "api", which is no service'],
    ['has an unexported one', 'const api = 1; void api;', 'has another "api"'],
    [
      'calls the service otherwise',
      "import { defineService } from 'portico';\nexport const b = defineService('api', { targets: ['http://127.0.0.1:9'] });",
      'calls this service "b"',
    ],
    ['cannot be imported', "import './no.ts';", 'cannot be imported'],
  ])('are a mistake if the file %s', async (_what, services, message) => {
    expect(await refusedBy(ITEMS, { 'services.ts': services })).toEqual([expect.stringContaining(message)]);
  });

  it('are a mistake if package.json does not name them', async () => {
    expect(await refusedBy(ITEMS, { 'package.json': '{"type":"module"}' })).toEqual([
      expect.stringContaining('#services'),
    ]);
  });
});

describe('the command line of import', () => {
  it.each([
    [['--as', 'a'], 'takes one document'],
    [['a.json', 'b.json', '--as', 'a'], 'takes one document'],
    [['a.json'], 'needs the name of the service'],
    [['a.json', '--as', 'Catalog'], 'begins with a small letter'],
    [['a.json', '--as', 'a-b'], 'begins with a small letter'],
    [['a.json', '--as', 'class'], 'begins with a small letter'],
    [['a.json', '--as', 'await'], 'begins with a small letter'],
    [['a.json', '--as', 'a', '--under', 'api'], '--under is a path'],
    [['a.json', '--as', 'a', '--under', '/[x]'], '--under is a path'],
  ])('is refused: %j', async (args, message) => {
    expect(await runPortico(['import', ...args])).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });

  it('puts the routes where --under says', async () => {
    const project = own(await createProject({}));
    await project.write('api.json', ITEMS);
    await importInto(project, join(project.dir, 'api.json'), '--as', 'api', '--under', '/');
    expect(await filesOf(project)).toContain('routes/items.get.ts');
  });
});

describe('a failure while the files are written', () => {
  it('leaves the project as it was', async () => {
    const project = own(await createProject({ 'services.ts': '// ours\n', schemas: 'no folder' }));
    const schemas = { A: { type: 'object' } };
    const document = documentOf(
      { '/a': { get: returning({ $ref: '#/components/schemas/A' }) } },
      { components: { schemas } },
    );
    await project.write('api.json', document);
    const before = await filesOf(project);
    const { code, err } = await importInto(project, join(project.dir, 'api.json'), '--as', 'api');
    expect([code, err]).toEqual([1, expect.stringMatching(/EEXIST|ENOTDIR/)]);
    expect(await filesOf(project)).toEqual(before);
    expect(await readFile(join(project.dir, 'services.ts'), 'utf8')).toBe('// ours\n');
  });
});
