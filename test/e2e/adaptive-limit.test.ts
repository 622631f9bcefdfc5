import { expect, it } from 'vitest';
import { metric } from '../support/metric.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';
import { slots } from '../support/slots.ts';

const { backend, gateway } = testResources();

it('an adaptive limit bounds the calls in flight in a burst and rejects none that can wait', async () => {
  // 8 slots of 10 ms.
  const take = slots(8, () => 10);
  let inFlight = 0;
  let max = 0;
  const { url } = await backend((_req, res) => {
    max = Math.max(max, ++inFlight);
    take(() => {
      inFlight--;
      res.end('ok');
    });
  });
  const made = await gateway(
    proxying(`{ targets: ['${url}'], concurrency: 'adaptive' }`, { 'orders.get.ts': `timeout: '30s'` }),
  );
  expect(made.gateway.routes.flatMap(({ steps }) => steps.map(({ policy }) => policy))).toContain('limit adaptive');
  const ask = async (): Promise<number> => {
    const response = await fetch(`${made.url}/orders`);
    await response.arrayBuffer();
    return response.status;
  };
  expect(new Set(await Promise.all(Array.from({ length: 400 }, ask)))).toEqual(new Set([200]));
  // How far the limit grows in a burst depends on the speed of this computer.
  expect(max).toBeLessThan(400);
  expect(await metric(made.gateway, 'portico_service_shed_total')).toBe(0);
  expect(await metric(made.gateway, 'portico_service_limit_mode')).toBe(1);
  expect(await metric(made.gateway, 'portico_service_in_flight')).toBe(0);
});
