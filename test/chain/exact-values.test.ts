import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const IDS = ['9223372036854775807', '-9223372036854775808', '12345678901234567890'];

/** A backend that responds with this text as JSON. */
function textBackend(text: string) {
  return backend((_req, res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(text));
}

const service = (name: string, url: string) => `const ${name} = defineService('${name}', { targets: ['${url}'] });\n`;

describe('an integer beyond 2^53', () => {
  it.each(IDS)('passes an aggregate with every digit, and into the path of a dependent part: %s', async id => {
    const product = await textBackend(`{"id":${id},"qty":2}`);
    const seller = await textBackend('{"name":"Ada"}');
    const { url } = await gateway({
      'routes/page.get.ts': `
        import { Type } from 'typebox';
        import { defineRoute, defineService, type } from 'portico';
        ${service('catalog', product.url)}${service('sellers', seller.url)}
        export default defineRoute({
          aggregate: {
            product: { from: catalog\`/product\`, response: Type.Object({ id: Type.Integer(), qty: Type.Integer() }) },
            seller: { dependsOn: ['product'], from: (_c, { product }) => sellers\`/sellers/\${product.id}\`,
              response: type<{ name: string }>() },
          },
          response: Type.Object({ id: Type.Integer() }),
          reply: ({ product, seller }) => ({ id: product.id, next: product.qty + 1, seller, product }),
        });`,
    });
    const { text } = await request(url).get('/page').expect(200);
    expect(text).toBe(`{"id":${id},"next":3,"seller":{"name":"Ada"},"product":{"id":${id},"qty":2}}`);
    expect(seller.requests[0]?.url).toBe(`/sellers/${id}`);
  });

  it.each(IDS)('keeps its digits in a body, a query and a param: %s', async id => {
    const items = await textBackend('{}');
    const { url } = await gateway({
      'routes/orders/[id].post.ts': `
        import { Type } from 'typebox';
        import { defineRoute } from 'portico';
        export default defineRoute('/orders/[id]', {
          params: Type.Object({ id: Type.Integer() }),
          query: Type.Object({ after: Type.Integer(), ids: Type.Array(Type.Integer()) }),
          body: Type.Object({ id: Type.Integer() }),
          handler: c => ({ body: c.body.id, after: c.query.after, ids: c.query.ids, param: c.params.id }),
        });`,
      'routes/items/[id].get.ts': `
        import { Type } from 'typebox';
        import { defineRoute, defineService } from 'portico';
        ${service('items', items.url)}
        export default defineRoute('/items/[id]', {
          params: Type.Object({ id: Type.Integer() }),
          query: Type.Object({ after: Type.Integer() }),
          proxy: c => items\`/v2/\${c.params.id}/after/\${c.query.after}\`,
        });`,
    });
    const sent = request(url).post(`/orders/${id}?after=${id}&ids=1&ids=${id}`).type('json');
    const { text } = await sent.send(`{"id":${id}}`).expect(200);
    expect(text).toBe(`{"body":${id},"after":${id},"ids":[1,${id}],"param":${id}}`);
    await request(url).get(`/items/${id}?after=${id}`).expect(200);
    expect(items.requests[0]?.url).toBe(`/v2/${id}/after/${id}`);
  });

  it('fits or breaks a schema like the number that it is rounded to', async () => {
    const { url } = await gateway({
      'routes/orders.post.ts': `
        import { Type } from 'typebox';
        import { defineRoute } from 'portico';
        export default defineRoute({
          body: Type.Object({ id: Type.Integer({ maximum: 1e18 }) }),
          handler: c => c.body,
        });`,
    });
    const post = (text: string) => request(url).post('/orders').type('json').send(text);
    expect((await post('{"id":900719925474099301}').expect(200)).text).toBe('{"id":900719925474099301}');
    expect((await post('{"id":9007199254740993010}').expect(422)).body.errors[0].pointer).toBe('/id');
    await post('{"id":1e400}').expect(400);
  });
});

describe('a part that is no JSON value', () => {
  it.each([
    ['an overflow', '{"price":1e400}'],
    ['invalid UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
    ['nothing', ''],
    ['HTML', '<!doctype html><title>Hello</title>'],
    ['an open bracket', '[[]'],
  ])('fails when it is required, and is absent when it is optional: %s', async (_name, text) => {
    const broken = await backend((_req, res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(text));
    const page = (optional: boolean) => `
      import { defineRoute, defineService, type } from 'portico';
      ${service(`broken${optional}`, broken.url)}
      export default defineRoute({
        aggregate: { one: { from: broken${optional}\`/\`, response: type<unknown>(), optional: ${optional} } },
        reply: ({ one }) => ({ one: one ?? 'absent' }),
      });`;
    const { url } = await gateway({ 'routes/needed.get.ts': page(false), 'routes/spare.get.ts': page(true) });
    const { body, text: problem } = await request(url).get('/needed').expect(502);
    expect(body.code).toBe('upstream.invalid');
    expect(problem).not.toMatch(/price|html|127\.0\.0\.1/i);
    expect((await request(url).get('/spare').expect(200)).body).toEqual({ one: 'absent' });
  });

  it('may be absent by its status: 204', async () => {
    const empty = await backend((_req, res) => res.writeHead(204).end());
    const { url } = await gateway({
      'routes/page.get.ts': `
        import { defineRoute, defineService, type } from 'portico';
        ${service('empty', empty.url)}
        export default defineRoute({
          aggregate: { one: { from: empty\`/\`, response: type<unknown>() } },
          reply: ({ one }) => ({ has: one !== undefined }),
        });`,
    });
    expect((await request(url).get('/page').expect(200)).body).toEqual({ has: false });
  });
});

describe('a value of a route’s own that JSON does not have', () => {
  it.each([
    ['NaN', '{ a: [Number.NaN] }', '/a/0 is NaN'],
    ['a function', '{ act: () => 1 }', '/act is a function'],
    ['a symbol', '[Symbol()]', '/0 is a symbol'],
  ])('is 500, and the client does not see its position: %s', async (_name, value, position) => {
    const part = await textBackend('{}');
    const { url } = await gateway({
      'routes/handled.get.ts': route(`{ handler: () => (${value}) }`),
      'routes/page.get.ts': `
          import { defineRoute, defineService, type } from 'portico';
          ${service('one', part.url)}
          export default defineRoute({
            aggregate: { one: { from: one\`/\`, response: type<unknown>() } },
            reply: () => (${value}),
          });`,
      'routes/cycle.get.ts': route('{ handler: () => { const a = {}; a.a = a; return a; } }'),
    });
    for (const path of ['/handled', '/page', '/cycle']) {
      const { body, text } = await request(url).get(path).expect(500);
      expect(body).toMatchObject({ code: 'reply.invalid', requestId: expect.any(String) });
      expect(text).not.toContain(position);
    }
  });
});
