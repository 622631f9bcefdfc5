import { expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

it('copies requests to another service without effect on the clients', async () => {
  const live = await backend((_req, res) => res.end('live'));
  const staging = await backend((req, res) => {
    if (req.url?.startsWith('/hang')) return;
    res.statusCode = 500;
    res.end('staging is broken');
  });
  const { url, gateway: running } = await gateway({
    'services.ts': [
      "import { defineService } from 'portico';",
      `export const staging = defineService('staging', { targets: ['${staging.url}'], concurrency: 3 });`,
      `export const live = defineService('live', { targets: ['${live.url}'],
        mirror: { to: staging, max: 4 }, breaker: {} });`,
    ].join('\n'),
    'routes/[...path].ts': `import { live } from '#services';\n${route('{ proxy: live }')}`,
  });
  const ask = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).text();
  expect(await ask('/a?x=1', { headers: { 'x-trace': '7' } })).toBe('live');
  await expect.poll(() => staging.requests.length).toBe(1);
  expect(staging.requests[0]).toMatchObject({ method: 'GET', url: '/a?x=1' });
  expect(staging.requests[0]?.headers['x-trace']).toBe('7');
  expect(await ask('/a', { method: 'POST', body: 'write' })).toBe('live');

  // The limit of the mirror service admits three that hang and rejects one; the others are not tried.
  for (let i = 0; i < 30; i++) expect(await ask('/hang')).toBe('live');
  expect(staging.requests.filter(({ url }) => url === '/hang')).toHaveLength(3);
  const metrics = JSON.stringify(await running.metrics());
  expect(metrics).toContain('portico_service_mirrored_total');
  expect(running.routes[0]?.steps.map(({ policy }) => policy)).toContain('mirror 100% to staging');
});
