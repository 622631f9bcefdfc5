import { describe, expect, it } from 'vitest';
import { checkImport } from '../../src/import/check.ts';
import { planImport } from '../../src/import/plan.ts';
import { writeFiles } from '../../src/import/write-files.ts';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const json = (schema: object) => ({ content: { 'application/json': { schema } } });

interface Shop {
  readonly params?: readonly object[];
  readonly body?: object;
  readonly response?: object;
  readonly components?: object;
}

const ITEM = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    size: { enum: ['s', 'm'] },
    tags: { type: 'array', items: { type: 'string' } },
  },
};

/** A document with GET and POST of `/items/{id}`. */
function documentOf({ params = [], body = ITEM, response = ITEM, components = {} }: Shop): string {
  const parameters = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }, ...params];
  const responses = { 200: { description: 'ok', ...json(response) } };
  const post = {
    parameters,
    requestBody: { required: true, ...json(body) },
    responses: { 204: { description: 'ok' } },
  };
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'shop', version: '1' },
    servers: [{ url: 'http://127.0.0.1:4001' }],
    paths: { '/items/{id}': { get: { parameters, responses }, post } },
    components: { schemas: components },
  });
}

/** Imports one document and compares another one. @param files that the team changes after the import. */
async function changed(before: string, after: string, files: Readonly<Record<string, string>> = {}) {
  const { dir, write } = own(await createProject({ 'api.json': before, 'new.json': after }));
  const request = { from: `${dir}/api.json`, dir, service: 'shop', under: '', target: undefined };
  await writeFiles(dir, (await planImport(request)).files);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const { breaks, unknown } = await checkImport({ from: `${dir}/new.json`, dir, service: 'shop' });
  return [...breaks, ...unknown].map(({ file, message }) => `${file.slice('routes/items/[id].'.length)} ${message}`);
}

const without = (name: string) => ({
  ...ITEM,
  properties: Object.fromEntries(Object.entries(ITEM.properties).filter(([key]) => key !== name)),
});
const withMember = (name: string, schema: object) => ({ ...ITEM, properties: { ...ITEM.properties, [name]: schema } });
const query = (name: string, required: boolean, schema: object = { type: 'string' }) => ({
  name,
  in: 'query',
  required,
  schema,
});

describe('a changed response', () => {
  it.each([
    [
      'lacks a required member',
      { ...without('name'), required: ['id'] },
      "the response may lack /name, which the route's schema requires",
    ],
    ['may lack it', { ...ITEM, required: ['id'] }, 'the response may lack /name'],
    [
      'has a member of another type',
      withMember('name', { type: 'integer' }),
      "at /name: the backend may give integer, the route's schema takes string",
    ],
    [
      'has a member that may be null',
      withMember('name', { type: ['string', 'null'] }),
      'at /name: the backend may give null',
    ],
    [
      'has one more value of a list',
      withMember('size', { enum: ['s', 'm', 'l'] }),
      "at /size: the backend may give l, the route's schema takes only s, m",
    ],
    [
      'has items of another type',
      withMember('tags', { type: 'array', items: { type: 'number' } }),
      'at /tags/*: the backend may give number',
    ],
    ['is a list', { type: 'array', items: ITEM }, 'the response: the backend may give array'],
  ])('that %s breaks the route', async (_what, response, message) => {
    expect(await changed(documentOf({}), documentOf({ response }))).toEqual([expect.stringMatching(/^get\.ts /)]);
    expect((await changed(documentOf({}), documentOf({ response })))[0]).toContain(message);
  });

  it.each([
    ['has more members', withMember('new', { type: 'string' })],
    ['requires more of them', { ...ITEM, required: ['id', 'name', 'size'] }],
    ['has fewer values of a list', withMember('size', { enum: ['s'] })],
    ['lacks an optional member', without('size')],
    ['has texts with a pattern', withMember('name', { type: 'string', pattern: '^a', maxLength: 3 })],
  ])('that %s breaks nothing', async (_what, response) => {
    expect(await changed(documentOf({}), documentOf({ response }))).toEqual([]);
  });
});

describe('a changed request', () => {
  it.each([
    [
      'requires one more member',
      { ...ITEM, required: ['id', 'name', 'size'] },
      'post.ts the body may leave out /size, which the backend requires',
    ],
    [
      'requires a new member',
      { ...withMember('new', { type: 'string' }), required: ['id', 'name', 'new'] },
      'post.ts the body may leave out /new, which the backend requires',
    ],
    [
      'takes fewer values of a list',
      withMember('size', { enum: ['s'] }),
      'at /size: the route lets through m, the backend takes only s',
    ],
    ['takes another type', withMember('name', { type: 'integer' }), 'at /name: the route lets through string'],
    [
      'bounds a text',
      withMember('name', { type: 'string', maxLength: 3 }),
      'at /name: the route lets through values without maxLength, the backend takes maxLength 3',
    ],
    [
      'takes no other members',
      { ...ITEM, additionalProperties: false },
      'the body: the route lets through further members',
    ],
  ])('that %s breaks the route', async (_what, body, message) => {
    const lines = await changed(documentOf({}), documentOf({ body }));
    expect(lines).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['has more members', withMember('new', { type: 'string' })],
    ['requires less', { ...ITEM, required: ['id'] }],
    ['takes more values of a list', withMember('size', { enum: ['s', 'm', 'l'] })],
    ['takes more types', withMember('name', { type: ['string', 'null'] })],
    ['lacks an optional member', without('size')],
  ])('that %s breaks nothing', async (_what, body) => {
    expect(await changed(documentOf({}), documentOf({ body }))).toEqual([]);
  });

  it('breaks the route if a param of the query is required, until the route requires it or has it in its call', async () => {
    const after = documentOf({ params: [query('shop', true), query('page', false)] });
    const breaks = [
      'get.ts the backend requires "shop" in the query, and the route does not',
      'post.ts the backend requires "shop" in the query, and the route does not',
    ];
    expect(await changed(documentOf({}), after)).toEqual(breaks);
    const strict = route(
      `{ proxy: shop('/items/[id]'), query: { type: 'object', required: ['shop'], properties: { shop: { type: 'string' } } } }`,
    );
    const fixed = route(`{ proxy: shop('/items/[id]?shop=7'), body: ${JSON.stringify(ITEM)} }`);
    const own = (text: string) => `import { shop } from '#services';\n${text}`;
    expect(
      await changed(documentOf({}), after, {
        'routes/items/[id].get.ts': own(strict),
        'routes/items/[id].post.ts': own(fixed),
      }),
    ).toEqual([]);
  });

  it('breaks the route if a param is checked more strictly', async () => {
    const [before, after] = [
      query('n', false, { type: 'integer' }),
      query('n', false, { type: 'integer', maximum: 5 }),
    ];
    expect(await changed(documentOf({ params: [before] }), documentOf({ params: [after] }))).toEqual([
      expect.stringContaining(
        "get.ts the query's n: the route lets through values without maximum, the backend takes maximum 5",
      ),
      expect.stringContaining("post.ts the query's n: "),
    ]);
    const path = (schema: object) => documentOf({ params: [{ name: 'id', in: 'path', required: true, schema }] });
    const lines = await changed(path({ type: 'string' }), path({ type: 'string', format: 'uuid' }));
    expect(lines[0]).toContain(
      `get.ts the path's id: the route lets through values without format, the backend takes format "uuid"`,
    );
  });
});

it('compares the rest of a document with a method that no route has', async () => {
  const { paths, ...rest } = JSON.parse(documentOf({}));
  const traced = { ...paths, '/items/{id}': { ...paths['/items/{id}'], trace: { responses: {} } } };
  expect(await changed(documentOf({}), JSON.stringify({ ...rest, paths: traced }))).toEqual([]);
});

describe('a schema', () => {
  const NODE = (name: object) => ({
    Node: { type: 'object', required: ['name'], properties: { name, next: { $ref: '#/components/schemas/Node' } } },
  });
  const node = { $ref: '#/components/schemas/Node' };

  it('that refers to itself is compared once at each place', async () => {
    const before = documentOf({ response: node, components: NODE({ type: 'string' }) });
    const after = documentOf({ response: node, components: NODE({ type: 'integer' }) });
    expect(await changed(before, before)).toEqual([]);
    expect(await changed(before, after)).toEqual([expect.stringContaining('at /name: the backend may give integer')]);
  });

  it('of several parts is compared as a whole', async () => {
    const whole = (more: object) => ({ allOf: [ITEM, { type: 'object', required: ['more'], properties: { more } }] });
    const [before, after] = [whole({ type: 'string' }), whole({ type: 'boolean' })];
    expect(await changed(documentOf({ response: before }), documentOf({ response: before }))).toEqual([]);
    const lines = await changed(documentOf({ response: before }), documentOf({ response: after }));
    expect(lines).toEqual([expect.stringContaining('at /more: the backend may give boolean')]);
  });

  it('of alternatives is not compared, unless it is the same', async () => {
    const either = (other: object) => withMember('x', { oneOf: [{ type: 'string' }, other] });
    const before = documentOf({ response: either({ type: 'integer' }) });
    expect(await changed(before, before)).toEqual([]);
    expect(await changed(before, documentOf({ response: either({ type: 'boolean' }) }))).toEqual([
      'get.ts cannot be compared: the response at /x has a schema of alternatives',
    ]);
  });

  it('that the team has relaxed is compared as it is', async () => {
    const relaxed = `import { shop } from '#services';\n${route(`{ proxy: shop('/items/[id]'), response: Type.Object({ id: Type.Unknown() }) }`)}`;
    const response = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
    const files = {
      'routes/items/[id].get.ts': relaxed.replace(
        "from 'portico';",
        "from 'portico';\nimport { Type } from 'typebox';",
      ),
    };
    expect(await changed(documentOf({}), documentOf({ response }), files)).toEqual([]);
  });
});

describe('portico import --check', () => {
  it('says what is gone, also for parts, and fails', async () => {
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';\nexport const shop = defineService('shop', { targets: ['http://127.0.0.1:1'] });\nexport const other = defineService('other', { targets: ['http://127.0.0.1:2'] });\n`,
        'routes/a/[x].get.ts': `import { shop } from '#services';\n${route(`{ proxy: shop('/items/[x]'), response: { type: 'object', required: ['id'] } }`)}`,
        'routes/b/[x].delete.ts': `import { shop } from '#services';\n${route(`{ proxy: shop('/items/[x]') }`)}`,
        'routes/c.get.ts': `import { shop } from '#services';\n${route(`{ proxy: shop('/lost') }`)}`,
        'routes/items/[x].get.ts': `import { other } from '#services';\n${route('{ proxy: other }')}`,
        'routes/page.get.ts': `import { shop } from '#services';\n${route(`{
          aggregate: { item: { from: shop('/items/7'), response: { type: 'object' } }, lost: { from: shop('/lost'), response: {}, optional: true } },
          reply: () => '',
        }`)}`,
      }),
    );
    await project.write('api.json', documentOf({}));
    const args = ['import', `${project.dir}/api.json`, '--as', 'shop', '--check', '--dir', project.dir];
    const { code, out } = await runPortico(args);
    expect(code).toBe(1);
    expect(out).toContain('routes/b/[x].delete.ts  the backend has no DELETE /items/{x} any more; it has GET, POST');
    expect(out).toContain('routes/c.get.ts  the backend has no /lost any more\n   → remove the route');
    expect(out).not.toContain('routes/a/[x].get.ts');
    const { breaks, routes } = JSON.parse((await runPortico([...args, '--json'])).out);
    expect(routes).toBe(5);
    expect(breaks).toContainEqual(expect.objectContaining({ file: 'routes/page.get.ts', part: 'lost' }));
    const unused = await runPortico(args.map(arg => (arg === 'shop' ? 'shops' : arg)));
    expect(unused).toMatchObject({
      code: 1,
      err: expect.stringContaining('no route calls shops; called are other, shop'),
    });
  });
});
