import { describe, expect, it } from 'vitest';
import type { Definitions, LoadedRoute } from '../../src/config/loaded-route.ts';
import { compileSchema } from '../../src/config/schema.ts';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { type OpenApiDocument, openApiDocument, SPEC_VERSIONS, type SpecVersion } from '../../src/openapi/document.ts';
import { wrongSamples } from '../../src/openapi/samples.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const INFO = { title: 'shop', version: '1.2.3' };

async function definitionsOf(files: Readonly<Record<string, string>>): Promise<Definitions> {
  const { dir } = own(await createProject(files));
  return await loadDefinitions(dir);
}

async function routesOf(files: Readonly<Record<string, string>>): Promise<readonly LoadedRoute[]> {
  return (await definitionsOf(files)).routes;
}

/** A member of a document by its path. */
function at(value: unknown, ...steps: readonly (string | number)[]): unknown {
  return steps.reduce<unknown>(
    (inner, step) => (inner as Readonly<Record<string, unknown>> | undefined)?.[step],
    value,
  );
}

const namesOf = (value: unknown): readonly string[] => Object.keys(Object(value));

async function documentOf(
  files: Readonly<Record<string, string>>,
  spec: SpecVersion = '3.1.2',
): Promise<OpenApiDocument> {
  const { routes, gateway } = await definitionsOf(files);
  return openApiDocument(routes, INFO, spec, gateway);
}

const HANDLER = route(`{ handler: () => 'ok' }`);

describe('a schema of another library', () => {
  it('is its input in a request and its output in a response', async () => {
    const { paths } = await documentOf({
      'routes/items/[id].post.ts': `import { defineRoute } from 'portico';
        import * as z from 'zod';
        const Item = z.object({ qty: z.number().default(1), day: z.coerce.date() });
        export default defineRoute({
          params: z.object({ id: z.int() }), query: z.object({ page: z.number().default(1), q: z.string() }),
          body: Item, response: Item, handler: () => ({ day: '2026-11-29' }),
        });`,
      'routes/files.post.ts': `import { defineRoute } from 'portico';
        import * as z from 'zod';
        export default defineRoute({ body: z.object({ doc: z.file() }), handler: () => 1 });`,
    });
    const { parameters, requestBody, responses } = Object(at(paths, '/items/{id}', 'post'));
    expect(parameters).toMatchObject([
      { name: 'id', in: 'path', schema: { type: 'integer' } },
      { name: 'page', in: 'query', schema: { type: 'number', default: 1 } },
      { name: 'q', in: 'query', required: true },
    ]);
    expect(parameters[1]).not.toHaveProperty('required');
    const { schema } = requestBody.content['application/json'];
    expect(schema.properties.qty).toEqual({ type: 'number', default: 1 });
    expect(schema.required ?? []).not.toContain('qty');
    expect(at(responses, '200', 'content', 'application/json', 'schema', 'required')).toContain('qty');
    const file = at(paths, '/files', 'post', 'requestBody', 'content', 'multipart/form-data', 'schema');
    expect(file).toMatchObject({ properties: { doc: { type: 'string', format: 'binary' } } });
  });
});

describe('a parameter whose schema refers to another', () => {
  it('finds it in the whole schema that the route has', async () => {
    const { paths, components } = await documentOf({
      'routes/search.get.ts': route(`{
        query: { type: 'object', $defs: { word: { type: 'string', minLength: 2 } },
          properties: { 'any[of]': { $ref: '#/$defs/word' }, limit: { type: 'integer' } } },
        handler: () => 1 }`),
    });
    const root = '#/components/schemas/getSearch.query';
    expect(at(paths, '/search', 'get', 'parameters')).toEqual([
      { name: 'any[of]', in: 'query', schema: { $ref: `${root}/properties/any%5Bof%5D` } },
      { name: 'limit', in: 'query', schema: { type: 'integer' } },
    ]);
    const whole = at(components, 'schemas', 'getSearch.query');
    expect(at(whole, 'properties', 'any[of]')).toEqual({ $ref: `${root}/$defs/word` });
    expect(at(whole, '$defs', 'word')).toEqual({ type: 'string', minLength: 2 });
  });
});

describe('the paths of the document', () => {
  it('are those of the files, one for each reading of an optional segment', async () => {
    const { paths } = await documentOf({
      'routes/products/[id].get.ts': HANDLER,
      'routes/[[lang]]/about.get.ts': HANDLER,
      'routes/files/[...path].get.ts': HANDLER,
      'routes/a b/ü.get.ts': HANDLER,
    });
    expect(namesOf(paths)).toEqual(['/a%20b/%C3%BC', '/about', '/files/{path}', '/products/{id}', '/{lang}/about']);
  });

  it('share one template where routes name the same place differently', async () => {
    const { paths } = await documentOf({
      'routes/cart/[id].get.ts': HANDLER,
      'routes/cart/[key].put.ts': HANDLER,
    });
    expect(namesOf(paths)).toEqual(['/cart/{id}']);
    expect(at(paths, '/cart/{id}', 'put', 'parameters', 0, 'name')).toBe('id');
  });

  it('have every method of a proxy without one, except where another file has it', async () => {
    const { paths } = await documentOf({
      'routes/a.ts': route(`{ proxy: 'http://127.0.0.1:1' }`),
      'routes/a.get.ts': route(
        `{ query: { type: 'object', properties: { q: { type: 'string' } } }, handler: () => 1 }`,
      ),
    });
    expect(namesOf(at(paths, '/a'))).toEqual(['delete', 'get', 'patch', 'post', 'put']);
    expect(at(paths, '/a', 'get', 'parameters')).toMatchObject([{ name: 'q', in: 'query' }]);
    expect(at(paths, '/a', 'post', 'requestBody')).toEqual({ content: { '*/*': {} } });
    expect(at(paths, '/a', 'delete')).not.toHaveProperty('requestBody');
  });

  it('have operation ids that are unique', async () => {
    const { paths } = await documentOf({
      'routes/a-b.get.ts': HANDLER,
      'routes/a/b.get.ts': HANDLER,
    });
    expect([at(paths, '/a-b', 'get', 'operationId'), at(paths, '/a/b', 'get', 'operationId')].sort()).toEqual([
      'getAB',
      'getAB2',
    ]);
  });
});

describe('an operation', () => {
  it('has the schemas of params, query, body and response', async () => {
    const { paths } = await documentOf({
      'routes/products/[id].put.ts': route(`{
        params: { type: 'object', properties: { id: { type: 'integer' } } },
        query: { type: 'object', required: ['shop'], properties: { shop: { type: 'string' }, page: { default: 1 } } },
        body: { type: 'object', properties: { name: { type: 'string' } } },
        response: { type: 'object', properties: { id: { type: 'integer' } } },
        handler: () => ({}),
      }`),
    });
    expect(at(paths, '/products/{id}', 'put')).toEqual({
      operationId: 'putProductsById',
      summary: 'PUT /products/{id}',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
        { name: 'shop', in: 'query', required: true, schema: { type: 'string' } },
        { name: 'page', in: 'query', schema: { default: 1 } },
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string' } } } } },
      },
      responses: {
        200: {
          description: 'The response.',
          content: { 'application/json': { schema: { type: 'object', properties: { id: { type: 'integer' } } } } },
        },
        400: { $ref: '#/components/responses/Problem' },
        415: { $ref: '#/components/responses/Problem' },
        422: { $ref: '#/components/responses/Problem' },
        default: { $ref: '#/components/responses/Problem' },
      },
    });
  });

  it('may be refused where another page may not send it', async () => {
    const { paths } = await documentOf({
      'portico.config.ts': `import { defineGateway } from 'portico'; export default defineGateway({ csrf: {} });`,
      'routes/a.ts': route('{ handler: () => 1 }'),
      'routes/signed.post.ts': route(`{ csrf: { off: 'its sender signs it' }, handler: () => 1 }`),
    });
    expect(namesOf(at(paths, '/a', 'post', 'responses'))).toEqual(['200', '403', 'default']);
    expect(namesOf(at(paths, '/a', 'get', 'responses'))).toEqual(['200', 'default']);
    expect(namesOf(at(paths, '/signed', 'post', 'responses'))).toEqual(['200', 'default']);
  });

  it('may be refused where it has a guard, and redirects with its own status', async () => {
    const { paths } = await documentOf({
      'routes/own.get.ts': route(`{ guard: () => undefined, handler: () => 1 }`),
      'routes/limited.get.ts': route(`{ allow: ['10.0.0.0/8'], rateLimit: { address: '1/1m' }, handler: () => 1 }`),
      'portico.config.ts': `import { defineGateway } from 'portico'; export default defineGateway({ trustedProxies: [] });`,
      'routes/old.get.ts': route(`{ redirect: { to: '/new', status: 308 } }`),
    });
    expect(namesOf(at(paths, '/own', 'get', 'responses'))).toEqual(['200', '401', '403', 'default']);
    expect(namesOf(at(paths, '/limited', 'get', 'responses'))).toEqual(['200', '403', '429', 'default']);
    expect(at(paths, '/old', 'get', 'responses', 308, 'headers', 'Location', 'schema', 'format')).toBe('uri-reference');
  });

  it('has no schema where the route has a type only, and one query parameter where the query names none', async () => {
    const { paths } = await documentOf({
      'routes/a.get.ts': route(`{ response: type(), query: type(), handler: () => 1 }`),
      'routes/b.get.ts': route(`{ query: { anyOf: [{ required: ['x'] }, { required: ['y'] }] }, handler: () => 1 }`),
    });
    expect(at(paths, '/a', 'get')).not.toHaveProperty('parameters');
    expect(at(paths, '/a', 'get', 'responses', 200, 'content')).toEqual({ '*/*': {} });
    expect(at(paths, '/b', 'get', 'parameters')).toMatchObject([{ name: 'query', in: 'query', explode: true }]);
  });

  it.each(SPEC_VERSIONS)('that streams describes its lines, in %s', async spec => {
    const { paths, components } = await documentOf(
      {
        'routes/page.get.ts': route(`{
          stream: true,
          aggregate: {
            item: { from: defineService('s', { targets: ['http://127.0.0.1:1'] })('/a'), response: { type: 'object' } },
            note: {
              from: defineService('t', { targets: ['http://127.0.0.1:1'] })('/b'),
              response: { type: 'string' }, optional: true, fallback: 'none',
            },
            list: {
              each: () => ['1'], concurrency: 1, response: { type: 'integer' },
              from: () => defineService('u', { targets: ['http://127.0.0.1:1'] })('/c'),
            },
          },
        }`),
      },
      spec,
    );
    const content = at(paths, '/page', 'get', 'responses', '200', 'content');
    expect(namesOf(content)).toEqual(['application/x-ndjson', 'text/event-stream']);
    const line = at(content, 'application/x-ndjson', spec === '3.2.0' ? 'itemSchema' : 'schema');
    expect(line).toEqual({ $ref: '#/components/schemas/getPage.line' });
    const data = { type: 'string', contentMediaType: 'application/json', contentSchema: line };
    expect(at(content, 'text/event-stream')).toEqual(
      spec === '3.2.0'
        ? { itemSchema: { type: 'object', required: ['data'], properties: { data } } }
        : { schema: { type: 'string' } },
    );
    const check = compileSchema(at(components, 'schemas', 'getPage.line'), { coerce: false });
    const fits = async (value: unknown): Promise<boolean> => (await check?.(value))?.errors === undefined;
    const right = [
      { part: 'item', value: {} },
      { part: 'note', value: 'none', fallback: true },
      { part: 'note', absent: 'timeout' },
      { part: 'list', value: [['1', 5]] },
      { part: 'item', error: { code: 'upstream.status', status: 502 } },
      { done: false },
    ];
    const wrong = [{ part: 'item', value: 1 }, { part: 'item', absent: 'timeout' }, { part: 'list', value: [[1]] }, {}];
    expect(await Promise.all(right.map(fits))).toEqual(right.map(() => true));
    expect(await Promise.all(wrong.map(fits))).toEqual(wrong.map(() => false));
  });

  it('names no service and no address of a backend', async () => {
    const document = await documentOf({
      'routes/a.ts': route(`{ proxy: defineService('catalog-internal', { targets: ['http://10.0.0.7:4001'] }) }`),
    });
    expect(JSON.stringify(document)).not.toMatch(/internal|10\.0\.0\.7/);
  });
});

describe('a schema that refers to itself', () => {
  const TREE = `{ type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } }`;

  it('is a component, whose references are those of the document', async () => {
    const { paths, components } = await documentOf({
      'routes/tree.get.ts': route(`{ response: ${TREE}, handler: () => ({}) }`),
    });
    const root = '#/components/schemas/getTree.response';
    expect(at(paths, '/tree', 'get', 'responses', 200, 'content', 'application/json', 'schema')).toEqual({
      $ref: root,
    });
    expect(at(components, 'schemas', 'getTree.response', 'properties', 'children', 'items')).toEqual({ $ref: root });
  });

  it('may use $defs, and the $id of a definition', async () => {
    const { components } = await documentOf({
      'routes/tree.get.ts': route(`{
        response: { $defs: { Node: { $id: 'Node', properties: { next: { $ref: 'Node' } } } }, $ref: '#/$defs/Node' },
        handler: () => ({}),
      }`),
    });
    const node = '#/components/schemas/getTree.response/$defs/Node';
    expect(at(components, 'schemas', 'getTree.response')).toEqual({
      $defs: { Node: { properties: { next: { $ref: node } } } },
      $ref: node,
    });
  });

  it('keeps values that look like schemas', async () => {
    const { paths } = await documentOf({
      'routes/a.get.ts': route(
        `{ response: { const: { $id: 'x', $ref: '#' }, properties: { $id: { type: 'string' } } }, handler: () => 1 }`,
      ),
    });
    const schema = at(paths, '/a', 'get', 'responses', 200, 'content', 'application/json', 'schema');
    expect(schema).toEqual({ const: { $id: 'x', $ref: '#' }, properties: { $id: { type: 'string' } } });
  });
});

describe('the document', () => {
  const FILES = {
    'routes/b.ts': route(`{ proxy: 'http://127.0.0.1:1' }`),
    'routes/a/[id].get.ts': HANDLER,
    'routes/a/[key].post.ts': HANDLER,
  };

  it.each(SPEC_VERSIONS)('is the same text for the same routes in any order, in %s', async spec => {
    const routes = await routesOf(FILES);
    const text = JSON.stringify(openApiDocument(routes, INFO, spec));
    expect(JSON.stringify(openApiDocument(routes.toReversed(), INFO, spec))).toBe(text);
    expect(JSON.parse(text)).toMatchObject({ openapi: spec, info: INFO });
  });

  it('has defaults and examples that fit their schemas, or says which do not', async () => {
    const right = `{ type: 'object', properties: { n: { type: 'integer', default: 1, examples: [2] } } }`;
    const wrong = right.replace('default: 1', "default: 'one'").replace('[2]', '[2, 2.5]');
    const good = await documentOf({ 'routes/a.post.ts': route(`{ body: ${right}, handler: () => 1 }`) });
    expect(await wrongSamples(good)).toEqual([]);
    const bad = await documentOf({ 'routes/a.post.ts': route(`{ body: ${wrong}, handler: () => 1 }`) });
    const schema = '/paths/~1a/post/requestBody/content/application~1json/schema/properties/n';
    expect(await wrongSamples(bad)).toEqual([
      { pointer: `${schema}/default`, detail: expect.stringMatching(/^"one" does not fit: .*integer/) },
      { pointer: `${schema}/examples/1`, detail: expect.stringMatching(/^2\.5 does not fit: .*integer/) },
    ]);
  });
});

describe('the credentials of a gateway', () => {
  it('are security schemes, and operations say which of them they take', async () => {
    const document = await documentOf({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({
          origin: 'https://shop.example',
          auth: {
            oidc: { issuer: 'https://login.example', clientId: 'shop', secret: 's' },
            jwt: { issuer: 'https://login.example', audience: 'shop' },
            apiKey: { header: 'X-Shop-Key', hashes: { env: 'KEYS' } },
          },
          session: {},
        });`,
      'routes/open.get.ts': HANDLER,
      'routes/maybe.get.ts': route(`{ auth: 'optional', handler: () => 1 }`),
      'routes/orders.post.ts': route(
        `{ auth: { scopes: ['orders:write'], by: ['session', 'jwt'] }, handler: () => 1 }`,
      ),
    });
    expect(at(document, 'components', 'securitySchemes')).toEqual({
      session: { type: 'apiKey', in: 'cookie', name: '__Host-portico' },
      jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-Shop-Key' },
    });
    expect(at(document, 'paths', '/open', 'get')).not.toHaveProperty('security');
    expect(at(document, 'paths', '/maybe', 'get', 'security')).toEqual([
      { session: [] },
      { jwt: [] },
      { apiKey: [] },
      {},
    ]);
    const orders = at(document, 'paths', '/orders', 'post');
    expect(at(orders, 'security')).toEqual([{ session: ['orders:write'] }, { jwt: ['orders:write'] }]);
    expect(namesOf(at(orders, 'responses'))).toEqual(['200', '401', '403', 'default']);
  });
});
