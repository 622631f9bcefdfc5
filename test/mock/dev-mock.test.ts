import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { deadAddress } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { createProject, type TestProject } from '../support/project.ts';

const importing = (text: string): string => `import { shop, stock } from '#services';\n${route(text)}`;

const PRODUCT = `Type.Object({
  id: Type.String(),
  name: Type.String({ minLength: 3, maxLength: 40 }),
  price: Type.Integer({ minimum: 1 }),
  color: Type.Optional(Type.String({ pattern: '^#[0-9a-f]{6}$' })),
  goesWith: Type.Array(Type.String(), { minItems: 2, maxItems: 2, uniqueItems: true }),
})`;
const STOCK = 'Type.Object({ sku: Type.Integer(), qty: Type.Integer({ minimum: 0, maximum: 9 }) })';

const typed = (text: string): string =>
  importing(text).replace("from 'portico';", "from 'portico';\nimport { Type } from 'typebox';");

const ROUTES: Readonly<Record<string, string>> = {
  'routes/products/[id].get.ts': typed(`{ proxy: shop('/v2/items/[id]'), response: ${PRODUCT}, cache: { ttl: '1m' } }`),
  'routes/orders.post.ts': typed(
    `{ proxy: shop('/orders'), body: Type.Object({ qty: Type.Integer() }), response: Type.Object({ id: Type.String({ format: 'uuid' }), qty: Type.Integer() }) }`,
  ),
  'routes/answer.get.ts': typed(
    `{ proxy: shop, response: Type.Object({ answer: Type.Integer() }, { examples: [{ answer: 42 }] }) }`,
  ),
  'routes/untyped.get.ts': importing(`{ proxy: shop, upgrade: true }`),
  'routes/impossible.get.ts': importing(
    `{ proxy: shop, response: { type: 'object', required: ['a'], properties: { a: { type: 'string', pattern: '^(?=y)yes$', maxLength: 3 } } } }`,
  ),
  'routes/page/[id].get.ts': typed(`{
    aggregate: {
      product: { from: c => shop\`/v2/items/\${c.params.id}\`, response: ${PRODUCT} },
      seller: {
        dependsOn: ['product'],
        from: (_c, { product }) => shop\`/sellers/\${product.goesWith[0] ?? ''}\`,
        response: Type.Object({ id: Type.String(), email: Type.String({ format: 'email' }) }),
      },
      stock: {
        each: () => [7, 8, 9, 7],
        batch: { from: (_c, ids) => stock\`/stock?ids=\${ids.join(',')}\`, by: item => item.sku, max: 2 },
        response: ${STOCK},
        cache: { ttl: '1m' },
      },
      found: {
        each: () => ['x', 'y'],
        batch: { from: () => stock('/found'), by: item => item.of.key, max: 5, items: 'list' },
        method: 'POST',
        json: (_c, ids) => ids,
        response: Type.Object({ of: Type.Object({ key: Type.String() }), note: Type.String() }),
      },
      one: { each: () => [41, 42], from: (_c, id) => stock\`/one/\${id}\`, concurrency: 2, response: Type.Object({ id: Type.String() }) },
      untyped: { from: stock('/untyped'), response: type<{ a: 1 }>(), optional: true },
      kept: { from: stock('/kept'), response: type<number>(), fallback: 5 },
    },
    reply: ({ product, seller, stock, found, one, untyped, kept }) =>
      ({ product, seller, stock: [...stock], found: [...found], one: [...one], untyped: untyped ?? null, kept }),
  }`),
  'routes/needs.get.ts': importing(
    `{ aggregate: { first: { from: stock('/first'), response: type<string>() } }, reply: ({ first }) => first }`,
  ),
  'routes/own.get.ts': route(`{ handler: () => ({ own: true }) }`),
};

async function projectOf(): Promise<TestProject> {
  const dead = await deadAddress();
  return createProject({
    ...ROUTES,
    'services.ts': `import { defineService } from 'portico';
export const shop = defineService('shop', { targets: ['${dead}'], health: { path: '/up', interval: '100ms' } });
export const stock = defineService('stock', { targets: { dns: 'nowhere.invalid' } });
`,
  });
}

describe('portico dev --mock', () => {
  let project: TestProject;
  let url = '';
  let stop: () => Promise<unknown>;

  beforeAll(async () => {
    project = await projectOf();
    expect(await runPortico(['check', '--dir', project.dir])).toMatchObject({ code: 0 });
    ({ url, stop } = await mocked());
  }, 30_000);

  afterAll(async () => {
    await stop();
    await project[Symbol.asyncDispose]();
  });

  async function mocked() {
    const process = startPortico('dev', ['--mock', '--dir', project.dir]);
    const { url } = await process.ready();
    return { url, stop: () => process.stop() };
  }

  const get = async (path: string, at = url) => {
    const response = await fetch(new URL(path, at));
    const text = await response.text();
    return { status: response.status, mock: response.headers.get('portico-mock'), text, body: JSON.parse(text) };
  };

  it('responds by the schema, with what the request says', async () => {
    const { status, mock, body } = await get('products/7');
    expect([status, mock]).toEqual([200, 'generated']);
    expect(body).toEqual({
      id: '7',
      name: expect.stringMatching(/^.{3,40}$/),
      price: expect.any(Number),
      color: expect.stringMatching(/^#[0-9a-f]{6}$/),
      goesWith: [expect.any(String), expect.any(String)],
    });
    expect((await get('products/7')).text).toBe((await get('products/7')).text);
    expect((await get('products/8')).body).not.toEqual({ ...body, id: '8' });
  });

  it('repeats members of the body', async () => {
    const response = await fetch(new URL('orders', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"qty":31}',
    });
    expect(await response.json()).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), qty: 31 });
  });

  it('prefers the example of a schema', async () => {
    expect(await get('answer')).toMatchObject({ status: 200, mock: 'example', body: { answer: 42 } });
  });

  it('responds to every part, and has an item for each id', async () => {
    const { status, mock, body } = await get('page/12');
    expect([status, mock]).toEqual([200, 'generated']);
    expect(body.product).toEqual((await get('page/12')).body.product);
    expect(body).toMatchObject({
      product: { id: '12' },
      seller: { id: body.product.goesWith[0], email: expect.stringContaining('@') },
      stock: [7, 8, 9].map(sku => [sku, { sku }]),
      found: ['x', 'y'].map(key => [key, { of: { key } }]),
      one: [41, 42].map(id => [id, { id: String(id) }]),
      untyped: null,
      kept: 5,
    });
  });

  it.each([
    [
      'untyped',
      'shop is mocked, and nothing is known of its response to GET /untyped: it declares none; declare `response` as a schema, or record it, also if it has no content',
    ],
    ['impossible', 'at #/properties/a/pattern of the schema'],
    ['needs', 'stock is mocked, and nothing is known of its response to GET /needs#first: it declares none'],
  ])('is 501 where nothing is known: %s', async (path, detail) => {
    const { status, body } = await get(path);
    expect([status, body.code]).toEqual([501, 'mock.unknown_response']);
    expect(body.detail).toContain(detail);
  });

  it('has no WebSockets', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = new WebSocket(new URL('untyped', url.replace('http', 'ws')));
    socket.addEventListener('error', () => resolve('refused'));
    socket.addEventListener('open', () => resolve('open'));
    expect(await promise).toBe('refused');
  });

  it('leaves handlers as they are', async () => {
    expect(await get('own')).toMatchObject({ status: 200, mock: null, body: { own: true } });
  });

  it('responds equally in every process', async () => {
    const other = await mocked();
    for (const path of ['products/7', 'page/12'])
      expect((await get(path, other.url)).text).toBe((await get(path)).text);
    await other.stop();
  }, 30_000);

  it('is said at the start', async () => {
    const dev = startPortico('dev', ['--mock', '--dir', project.dir]);
    expect(await dev.event('ready')).toMatchObject({ mock: true });
    await dev.stop();
    const args = ['dev', '--mock', '--dir', project.dir, '--port', '0', '--admin-port', '0'];
    const inTerminal = new PorticoProcess(args);
    expect(await inTerminal.printed('Mock')).toContain('no backend is called');
    await inTerminal.stop();
  });

  it('exists in dev only', async () => {
    expect(await runPortico(['start', '--mock'])).toMatchObject({ code: 2, err: expect.stringContaining('--mock') });
    await expect(createGateway({ dir: project.dir, mock: true })).rejects.toThrow("`mock` needs `mode: 'dev'`");
  });
});
