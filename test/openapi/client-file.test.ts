import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { clientFile } from '../../src/openapi/client-file.ts';
import { openApiDocument } from '../../src/openapi/document.ts';
import { TypeWriter } from '../../src/openapi/typescript.ts';
import { echo } from '../support/echo.ts';
import { route } from '../support/gateway.ts';
import { run } from '../support/outside.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();
const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));

describe('a JSON Schema as a type', () => {
  it.each<[string, unknown, string]>([
    ['anything', {}, 'unknown'],
    ['nothing', false, 'never'],
    ['a list of values', { enum: ['a', 1, null] }, '"a" | 1 | null'],
    ['a constant', { const: { a: [1] } }, '{ "a": [1] }'],
    ['a value that may be null', { type: ['string', 'null'] }, 'string | null'],
    ['whole numbers', { type: 'array', items: { type: 'integer' } }, 'number[]'],
    ['a list of alternatives', { type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: false }, '[string]'],
    ['an open tuple', { prefixItems: [{ type: 'string' }], items: { type: 'number' } }, '[string, ...number[]]'],
    ['members', { required: ['a'], properties: { a: {}, 'b-c': { type: 'null' } } }, '{ a: unknown; "b-c"?: null }'],
    ['a map', { type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    ['an empty object', { type: 'object', additionalProperties: false }, 'Record<string, never>'],
    ['alternatives', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
    ['both', { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }, '{ a?: unknown } & { b?: unknown }'],
    ['a reference that is wrongly encoded', { $ref: '#/components/schemas/A%zz' }, 'ApiAZz'],
    ['a reference that leads nowhere', { $ref: '#/components/schemas/None' }, 'ApiNone'],
  ])('%s', (_what, schema, type) => {
    expect(new TypeWriter({}).typeOf(schema)).toBe(type);
  });

  it('that refers to itself has a name', () => {
    const node = { properties: { next: { $ref: '#/components/schemas/Node' } } };
    const writer = new TypeWriter({ components: { schemas: { Node: node } } });
    expect(writer.typeOf({ $ref: '#/components/schemas/Node' })).toBe('ApiNode');
    expect(writer.declarations).toEqual(['export type ApiNode = { next?: ApiNode };']);
  });

  it('writes names of a document as strings, never as code', async () => {
    const name = `"; } fetch('//evil.test'); interface X { "`;
    const text = await clientFile({
      paths: { [`/${name}`]: { get: { parameters: [{ name, in: 'query', schema: { enum: [name] } }] } } },
    });
    expect(text.split('\n').filter(line => line.includes('evil'))).toEqual([
      expect.stringContaining(JSON.stringify(name)),
    ]);
  });
});

describe('the client in one file', () => {
  const FILES = (url: string) => ({
    'routes/echo/[...path].ts': route(`{ proxy: '${url}' }`),
    'routes/items/[id].get.ts': route(`{
      params: { type: 'object', properties: { id: { type: 'integer' } } },
      query: { type: 'object', properties: { lang: { enum: ['de', 'en'] } } },
      response: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
      handler: c => ({ id: c.params.id }),
    }`),
    'routes/tree.get.ts': route(`{
      response: { type: 'object', properties: { below: { type: 'array', items: { $ref: '#' } } } },
      handler: () => ({ below: [{ below: [] }] }),
    }`),
    'routes/page.get.ts': route(`{
      stream: true,
      aggregate: {
        item: {
          from: defineService('item', { targets: ['${url}'] })('/a'),
          response: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
        },
        note: {
          from: defineService('note', { targets: ['http://127.0.0.1:1'] })('/b'),
          response: { type: 'string' }, optional: true,
        },
      },
    }`),
  });
  let folder = '';
  const write = (file: string, text: string) => writeFile(join(folder, file), text);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-client-'));
    const { dir } = own(await createProject(FILES('http://127.0.0.1:1')));
    const { routes } = await loadDefinitions(dir);
    const document = openApiDocument(routes, { title: 'shop', version: '1' }, '3.1.2');
    await write('shop.ts', await clientFile(JSON.parse(JSON.stringify(document))));
    await write('package.json', '{ "type": "module" }');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('passes a strict check in a repository that has nothing else, and types its calls', async () => {
    await write(
      'page.ts',
      `import { type AppRoutes, client } from './shop.ts';
const call = client<AppRoutes>({ baseUrl: 'http://shop.test' });
export const id: number = (await call('GET /items/[id]', { params: { id: 7 }, query: { lang: 'de' } })).id;
export const below = (await call('GET /tree')).below?.[0]?.below;
void call('POST /echo/[...path]', { params: { path: ['a', 'b'] } });
for await (const { part, value, absent } of call.stream('GET /page')) {
  if (part === 'item') value.url.length;
  if (part === 'note' && absent === undefined) value.length;
  // @ts-expect-error an optional part may be missing
  if (part === 'note') value.length;
}
// @ts-expect-error no such language
void call('GET /items/[id]', { params: { id: 7 }, query: { lang: 'fr' } });
`,
    );
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    };
    await write('tsconfig.json', JSON.stringify({ compilerOptions }));
    const { stdout } = await run(TSC, ['-p', folder]).catch((error: { readonly stdout: string }) => error);
    expect(stdout).toBe('');
  }, 60_000);

  it('calls the routes', async () => {
    const { url: backendUrl } = await backend(echo);
    const { url } = await gateway(FILES(backendUrl));
    const { client } = await import(pathToFileURL(join(folder, 'shop.ts')).href);
    const call = client({ baseUrl: url });
    expect(await call('GET /items/[id]', { params: { id: 7 } })).toEqual({ id: 7 });
    expect(await call('GET /echo/[...path]', { params: { path: ['a', 'b'] } })).toMatchObject({ url: '/echo/a/b' });
    const lines: unknown[] = [];
    for await (const line of call.stream('GET /page')) lines.push(line);
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual({ part: 'item', value: expect.objectContaining({ url: '/a' }) });
    expect(lines).toContainEqual({ part: 'note', absent: 'unreachable' });
  });
});
