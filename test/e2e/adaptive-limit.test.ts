import { expect, it } from 'vitest';
import { testResources } from '../support/resources.ts';
import { slots } from '../support/slots.ts';

const { backend, gateway } = testResources();

it('an adaptive limit bounds what a backend has in flight in a burst, refuses the rest and serves all afterwards', async () => {
  // 8 slots of 40 ms.
  const take = slots(8, () => 40);
  let inFlight = 0;
  let most = 0;
  const orders = await backend((_req, res) => {
    most = Math.max(most, ++inFlight);
    take(() => {
      inFlight--;
      res.end('ok');
    });
  });
  const made = await gateway({
    'services.ts': `import { defineService } from 'portico';\nexport const orders = defineService('orders', { targets: ['${orders.url}'], concurrency: 'adaptive' });\n`,
    'routes/orders.get.ts': `import { defineRoute } from 'portico';\nimport { orders } from '#services';\nexport default defineRoute('/orders', { proxy: orders });\n`,
  });
  expect(made.gateway.routes.flatMap(({ steps }) => steps.map(({ policy }) => policy))).toContain('limit adaptive');
  const ask = async (): Promise<Response> => {
    const answer = await fetch(`${made.url}/orders`);
    await answer.arrayBuffer();
    return answer;
  };
  const together = (count: number): Promise<Response[]> => Promise.all(Array.from({ length: count }, ask));

  const burst = (await Promise.all([1, 2, 3].map(() => together(100)))).flat();
  const refused = burst.filter(({ status }) => status === 503);
  expect(burst.filter(({ status }) => status === 200).length).toBe(burst.length - refused.length);
  expect(refused.length).toBeGreaterThan(0);
  for (const { headers } of refused) expect(headers.get('retry-after')).toMatch(/^[1-4]$/);
  // How often the limit doubles in a burst is a matter of times, and so of this computer.
  expect(most).toBeLessThan(burst.length / 2);

  for (let i = 0; i < 5; i++) {
    expect((await together(4)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  }
  expect(inFlight).toBe(0);
  const values = async (name: string): Promise<number | undefined> =>
    (await made.gateway.metrics()).find(each => each.name === name)?.values.reduce((sum, { value }) => sum + value, 0);
  expect(await values('portico_service_shed_total')).toBe(refused.length);
  expect(await values('portico_service_limit')).toBeGreaterThanOrEqual(4);
});
