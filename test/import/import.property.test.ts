import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { checkImport } from '../../src/import/check.ts';
import { planImport } from '../../src/import/plan.ts';
import { writeFiles } from '../../src/import/write-files.ts';
import { openApiDocument } from '../../src/openapi/document.ts';
import { wrongSamples } from '../../src/openapi/samples.ts';
import { createProject } from '../support/project.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const COMPONENTS = ['Product', 'category', 'price-info', 'Node.Tree'];
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("it's", '"', '\\', '\u2028', '*/', '\n'));
const name = fc.oneof(
  fc.constantFrom('id', 'name', 'a-b', '2nd', '__proto__', 'default', 'class', ...COMPONENTS),
  text,
);
const annotations = fc.record(
  {
    description: text,
    title: text,
    deprecated: fc.boolean(),
    example: fc.jsonValue({ maxDepth: 1 }),
    default: fc.jsonValue({ maxDepth: 1 }),
    'x-own': fc.constant(1),
  },
  { requiredKeys: [] },
);
const number = fc.integer({ min: -5, max: 5 });
const size = fc.nat({ max: 4 });
const leaf = fc.oneof(
  fc.record(
    {
      type: fc.constant('string'),
      maxLength: size,
      format: fc.constantFrom('uuid', 'date-time', 'decimal', 'phone', 'binary'),
      nullable: fc.boolean(),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ type: fc.constant('string'), pattern: fc.constantFrom('^a+$', '^[\\w-.]+$', '(a|b)*') }),
  fc.record(
    {
      type: fc.constantFrom('integer', 'number'),
      minimum: number,
      exclusiveMinimum: fc.boolean(),
      nullable: fc.boolean(),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ type: fc.constant('boolean') }),
  fc.record({
    type: fc.constant('string'),
    enum: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
    nullable: fc.boolean(),
  }),
  fc.record(
    {
      $ref: fc.constantFrom(...COMPONENTS.map(each => `#/components/schemas/${each}`)),
      description: text,
      nullable: fc.boolean(),
    },
    { requiredKeys: ['$ref'] },
  ),
  fc.constant({}),
);
const { schema } = fc.letrec<{ schema: object }>(tie => ({
  schema: fc
    .tuple(
      fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc.record(
          { type: fc.constant('array'), items: tie('schema'), minItems: size },
          { requiredKeys: ['type', 'items'] },
        ),
        fc
          .uniqueArray(
            fc.tuple(name, tie('schema'), fc.boolean(), fc.constantFrom({}, { readOnly: true }, { writeOnly: true })),
            { maxLength: 4, selector: ([key]) => key },
          )
          .map(fields => ({
            type: 'object',
            ...(fields.some(([, , required]) => required) && {
              required: fields.filter(([, , required]) => required).map(([key]) => key),
            }),
            properties: Object.fromEntries(fields.map(([key, value, , side]) => [key, { ...value, ...side }])),
          })),
        fc.record({ type: fc.constant('object'), additionalProperties: fc.oneof(fc.boolean(), tie('schema')) }),
        fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }), nullable: fc.boolean() }),
        fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
      ),
      annotations,
    )
    .map(([made, more]) => ({ ...made, ...('$ref' in made ? {} : more) })),
}));

const json = (value: object) => ({ content: { 'application/json': { schema: value } } });
const operation = fc
  .record({
    response: schema,
    example: fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }),
    body: schema,
    query: fc.uniqueArray(fc.tuple(name, leaf, fc.boolean()), { maxLength: 3, selector: ([key]) => key }),
    summary: text,
    description: text,
    deprecated: fc.boolean(),
  })
  .map(({ response, example, body, query, ...words }) => ({
    ...words,
    parameters: query.map(([key, value, required]) => ({ name: key, in: 'query', required, schema: value })),
    requestBody: json(body),
    responses: { 200: { description: 'ok', content: { 'application/json': { schema: response, example } } } },
  }));
const segment = fc.oneof(
  fc.constantFrom('items', 'index', 'v1.0', 'caf%C3%A9', 'a b', "it's", 'get'),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/),
);
const path = fc
  .array(fc.tuple(segment, fc.boolean()), { maxLength: 3 })
  .map(
    segments => `/${segments.map(([each, isParam], i) => (isParam ? `{${['id', 'a.b', '1x'][i]}}` : each)).join('/')}`,
  );
const document = fc
  .record({
    openapi: fc.constantFrom('3.0.3', '3.1.0', '3.2.0'),
    // A path whose params have other names is the same path.
    paths: fc.uniqueArray(
      fc.tuple(
        path,
        fc.dictionary(fc.constantFrom('get', 'put', 'post', 'delete', 'patch', 'head'), operation, {
          minKeys: 1,
          maxKeys: 3,
        }),
      ),
      { minLength: 1, maxLength: 4, selector: ([each]) => each.replaceAll(/\{[^}]*\}/g, '{}') },
    ),
    // One that is nothing but a reference might lead back to itself.
    schemas: fc.tuple(
      ...COMPONENTS.map(() => schema.map(made => ('$ref' in made ? { type: 'array', items: made } : made))),
    ),
  })
  .map(({ openapi, paths, schemas }) => ({
    openapi,
    info: { title: 'generated', version: '1' },
    servers: [{ url: 'http://127.0.0.1:4001' }],
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(COMPONENTS.map((each, i) => [each, schemas[i]])) },
  }));

describe('any document', () => {
  it('is imported to routes that load, that it does not break, and that are formatted', async () => {
    await using written = await createProject({});
    const { vcs: _, ...biome } = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8'));
    await written.write(
      'biome.json',
      JSON.stringify({ ...biome, files: { includes: ['**/*.ts', '!**/*.d.ts'] }, linter: { enabled: false } }),
    );
    let count = 0;
    const imported = async (generated: object): Promise<void> => {
      const { dir } = await createProjectIn(written, `p${count++}`);
      await writeFile(join(dir, 'api.json'), JSON.stringify(generated));
      const request = { from: join(dir, 'api.json'), dir, service: 'api', under: '/api', target: undefined };
      const { files, routes } = await planImport(request);
      await writeFiles(dir, files);
      const gateway = await createGateway({ dir, stores: false });
      const loaded = gateway.routes.map(({ route }) => route);
      await gateway.close({ graceMs: 0 });
      expect(loaded).toHaveLength(routes);
      expect(await wrongSamples(openApiDocument(loaded, { title: 'a', version: '1' }, '3.1.2'))).toEqual([]);
      const { breaks } = await checkImport(request);
      expect(breaks).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(document, imported), { numRuns: 30, interruptAfterTimeLimit: 60_000 });
    const args = ['ci', '--max-diagnostics=3', ...Array.from({ length: count }, (_each, i) => `p${i}`)];
    const { stdout, stderr, status } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), args, {
      cwd: written.dir,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    expect(status === 0 ? '' : stdout + stderr).toBe('');
  }, 120_000);
});

/** A project in a folder of another one, whose packages it has. */
async function createProjectIn(parent: Awaited<ReturnType<typeof createProject>>, folder: string) {
  await parent.write(`${folder}/package.json`, '{ "type": "module", "imports": { "#services": "./services.ts" } }');
  return { dir: join(parent.dir, folder) };
}
