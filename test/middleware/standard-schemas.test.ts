import { expect, it } from 'vitest';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

it('checks and converts requests, parts and responses by schemas of zod', async () => {
  const { url: upstream } = await backend((_req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end('{"day":"2026-11-29","secret":"of the backend"}');
  });
  const { url } = await gateway({
    'services.ts': `import { defineService } from 'portico';
      export const orders = defineService('orders', { targets: ['${upstream}'] });`,
    'routes/orders/[id].post.ts': `import { defineRoute } from 'portico';
      import * as z from 'zod';
      import { orders } from '../../services.ts';
      const Day = z.object({ day: z.string().transform(text => new Date(text)) });
      export default defineRoute('/orders/[id]', {
        params: z.object({ id: z.number().int() }),
        query: z.object({ tags: z.array(z.string()), page: z.number().default(1) }),
        body: z.object({ qty: z.number(), big: z.number().optional(), code: z.string().refine(async code => code !== 'taken', 'is taken') }),
        response: z.object({ year: z.number(), note: z.string().default('none') }).loose(),
        aggregate: { order: { from: orders('/day'), response: Day } },
        reply: ({ order }, c) => ({ year: order.day.getFullYear(), ...c.params, ...c.query, ...c.body }),
      });`,
  });
  const post = async (path: string, body: unknown, type = 'application/json') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body: text });
    const sent = await response.text();
    // It is more than a number of JavaScript holds.
    if (text.includes('big')) expect(sent).toContain('"big":9007199254740993');
    return [response.status, JSON.parse(sent)];
  };
  const valid = { year: 2026, id: 7, tags: ['a'], page: 1, qty: 2, code: 'x', note: 'none' };
  expect(await post('/orders/7?tags=a', { qty: 2, code: 'x' })).toEqual([200, valid]);
  expect(await post('/orders/7?tags=a', '{"qty":2,"code":"x","big":9007199254740993}')).toEqual([
    200,
    { ...valid, big: 2 ** 53 },
  ]);
  expect(await post('/orders/7?tags=a', 'qty=2&code=x', 'application/x-www-form-urlencoded')).toEqual([200, valid]);
  expect(await post('/orders/7?tags=a', { qty: '2', code: 'taken' })).toMatchObject([
    422,
    { code: 'request.unprocessable', errors: [{ pointer: '/qty' }, { pointer: '/code', detail: 'is taken' }] },
  ]);
  expect(await post('/orders/x?tags=a', {})).toMatchObject([400, { errors: [{ pointer: '/id' }] }]);
  expect(await post('/orders/7', {})).toMatchObject([400, { errors: [{ pointer: '/tags' }] }]);
});
