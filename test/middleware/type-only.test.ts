import { expect, it } from 'vitest';
import { echo } from '../support/echo.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const imports = "import { defineRoute, type } from 'portico';\n";
const json = (body: string) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body });

it('gives a handler the parsed body and query of type<T>(), without a check', async () => {
  const { url } = await gateway({
    'routes/order.post.ts': `${imports}export default defineRoute({
  query: type<{ dry: string }>(), body: type<{ id: number }>(),
  handler: c => ({ id: c.body.id, dry: c.query.dry }),
});`,
  });
  const ask = async (body: string) => fetch(`${url}/order?dry=yes`, json(body));
  expect(await (await ask('{"id":7}')).json()).toEqual({ id: 7, dry: 'yes' });
  expect(await (await ask('{"id":"any"}')).json()).toEqual({ id: 'any', dry: 'yes' });
  expect((await ask('{')).status).toBe(400);
});

it('does not read a proxied body of type<T>(): it streams, whatever it holds', async () => {
  const { url: upstream } = await backend(echo);
  const { url, gateway: made } = await gateway({
    'routes/order.post.ts': `${imports}export default defineRoute({
  body: type<{ id: number }>(), proxy: '${upstream}',
});`,
  });
  expect((await fetch(`${url}/order`, { method: 'POST', body: 'no JSON' })).status).toBe(200);
  expect(made.routes.flatMap(({ steps }) => steps.map(({ name }) => name))).not.toContain('validate');
});
