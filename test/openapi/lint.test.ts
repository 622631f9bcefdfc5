import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { openApiDocument, SPEC_VERSIONS } from '../../src/openapi/document.ts';
import { wrongSamples } from '../../src/openapi/samples.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A guard, redirects, hosts, files, WebSockets, each kind of params, and schemas of each kind. */
const EVERY_KIND = {
  'services.ts': `import { defineService } from 'portico';
    export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:1'] });\n`,
  'public/index.html': '<!doctype html>',
  'routes/index.get.ts': route(`{ static: { dir: 'public' } }`),
  'routes/assets/[...path].get.ts': route(`{ static: { dir: 'public' } }`),
  'routes/old.ts': route(`{ redirect: '/new' }`),
  'routes/older.get.ts': route(`{ redirect: { to: '/new', status: 308 } }`),
  'routes/all/[[...path]].ts': `import { defineRoute, refuse } from 'portico';
    import { catalog } from '#services';
    export default defineRoute({ proxy: catalog, guard: () => refuse(403, 'no'), encodedSlashes: true });`,
  'routes/all/[...path].head.ts': route(`{ handler: () => 'a head' }`),
  'routes/[[lang]]/about us/ü.get.ts': route(`{ handler: () => 'us' }`),
  'routes/items/[id=int].get.ts': route(`{ handler: c => c.params.id }`),
  'routes/items/[slug].get.ts': route(`{ handler: c => c.params.slug }`),
  'routes/items/[sku]/parts/[part].delete.ts': route(`{ guard: [() => undefined], handler: () => undefined }`),
  'routes/items/[sku].options.ts': route(`{ handler: () => undefined }`),
  'routes/.well-known/x-y_z.get.ts': route(`{ handler: () => 'x' }`),
  'routes/(admin)/_defaults.ts': `import { defineDefaults } from 'portico';
    export default defineDefaults({ host: ['admin.example.com', 'ops.example.com'], guard: () => undefined });`,
  'routes/(admin)/items/[id=int].get.ts': route(`{ handler: () => 'of the admins' }`),
  'routes/(admin)/users.post.ts': route(`{
    body: { type: 'object', required: ['name'], properties: { name: { type: ['string', 'null'], default: null } } },
    response: type(), handler: () => 1 }`),
  'routes/tree.put.ts': route(`{
    params: {}, query: { type: 'object', properties: { depth: { type: 'integer', default: 3, examples: [1, 2] } } },
    body: { $ref: '#/$defs/node', $defs: { node: { type: 'object', properties: {
      name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } } } } },
    response: { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'tree', type: 'object', properties: {
      left: { $ref: '#' }, right: { anyOf: [{ $ref: '#' }, { type: 'null' }] }, tag: { const: 1 } } },
    handler: () => ({}) }`),
  'routes/search.get.ts': route(`{
    query: { type: 'object', properties: { 'filter[and]': { type: 'object', properties: { and: { $ref: '#' } } } } },
    handler: () => 1 }`),
  'routes/typebox.post.ts': `import { defineRoute } from 'portico';
    import Type from 'typebox';
    const Node = Type.Cyclic({ Node: Type.Object({ children: Type.Array(Type.Ref('Node')) }) }, 'Node');
    export default defineRoute({
      query: Type.Object({ tags: Type.Optional(Type.Array(Type.String())), since: Type.String({ format: 'date' }) }),
      body: Type.Union([Type.Object({ kind: Type.Literal('a') }), Type.Object({ kind: Type.Literal('b') })]),
      response: Node, handler: () => ({ children: [] }) });`,
  'routes/zod/[id].patch.ts': `import { defineRoute } from 'portico';
    import * as z from 'zod';
    const Category = z.object({ name: z.string(), get children() { return z.array(Category); } });
    export default defineRoute({
      params: z.object({ id: z.uuid() }), query: z.object({ page: z.coerce.number().int().default(1) }),
      body: z.discriminatedUnion('type', [z.object({ type: z.literal('a'), at: z.iso.datetime() }),
        z.object({ type: z.literal('b'), data: z.record(z.string(), z.tuple([z.string(), z.number().nullable()])) })]),
      response: Category, handler: () => ({ name: 'x', children: [] }) });`,
  'routes/zod/union.get.ts': `import { defineRoute } from 'portico';
    import * as z from 'zod';
    export default defineRoute({ query: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      handler: () => 1 });`,
  'routes/form.post.ts': `import { defineRoute } from 'portico';
    import * as z from 'zod';
    export default defineRoute({ body: z.object({ title: z.string(), docs: z.array(z.file()) }), handler: () => 1 });`,
  'routes/valibot.post.ts': `import { defineRoute } from 'portico';
    import { toStandardJsonSchema } from '@valibot/to-json-schema';
    import * as v from 'valibot';
    export default defineRoute({
      query: toStandardJsonSchema(v.object({ q: v.optional(v.string(), 'all') })),
      body: toStandardJsonSchema(v.strictObject({ mail: v.pipe(v.string(), v.email()), age: v.nullable(v.number()) })),
      handler: () => 1 });`,
  'routes/valibot/plain.post.ts': `import { defineRoute } from 'portico';
    import * as v from 'valibot';
    export default defineRoute({ body: v.object({ q: v.string() }), handler: () => 1 });`,
  'routes/arktype.post.ts': `import { defineRoute } from 'portico';
    import { type } from 'arktype';
    export default defineRoute({ query: type({ q: 'string', 'max?': 'string.numeric' }),
      body: type({ name: 'string >= 1', 'tags?': 'string[]', size: "'s' | 'l' | 3" }), handler: () => 1 });`,
};

interface Finding {
  readonly severity: string;
  readonly rule: string;
  readonly text: string;
}

const LIBRARIES = ['valibot', '@valibot/to-json-schema', 'arktype'];

async function projectOfEveryKind(): Promise<string> {
  const { dir } = own(await createProject(EVERY_KIND));
  for (const name of LIBRARIES) {
    await mkdir(dirname(join(dir, 'node_modules', name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name), 'dir');
  }
  return dir;
}

/** What redocly finds with its recommended rules. */
async function findingsIn(dir: string, spec: (typeof SPEC_VERSIONS)[number]): Promise<readonly Finding[]> {
  const { routes } = await loadDefinitions(dir);
  const document = openApiDocument(routes, { title: 'a shop', version: '1.0.0' }, spec);
  expect(await wrongSamples(document)).toEqual([]);
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config });
  return problems.map(({ severity, ruleId, message, location }) => ({
    severity,
    rule: ruleId,
    text: `${location[0]?.pointer ?? ''}: ${message}`,
  }));
}

/** Warnings that the documents are meant to have. */
const INTENDED: ReadonlySet<string> = new Set([
  // A package's licence is not that of its API.
  'info-license',
  // Where nothing can be said of a route's own refusals, `default` stands for all of them.
  'operation-4xx-response',
  // The hosts of the test project.
  'no-server-example.com',
]);

const unintended = (findings: readonly Finding[]) => findings.filter(({ rule }) => !INTENDED.has(rule));

describe.each(SPEC_VERSIONS)('the document in OpenAPI %s', spec => {
  it.each(['.', 'examples/spa-two-apis', 'examples/multi-backend-page', 'examples/existing-express-app'])(
    'of the project in %s has no error by the rules of redocly',
    async folder => {
      expect(unintended(await findingsIn(join(ROOT, folder), spec))).toEqual([]);
    },
  );

  it('of routes of all kinds has none either', async () => {
    expect(unintended(await findingsIn(await projectOfEveryKind(), spec))).toEqual([]);
  });
});

describe('the linter', () => {
  it('finds an error where there is one', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const source = JSON.stringify({
      openapi: '3.1.2',
      info: { title: 'x', version: '1' },
      paths: { '/a': { get: 1 } },
    });
    const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    expect(problems.filter(({ severity }) => severity === 'error')).not.toEqual([]);
  });
});
