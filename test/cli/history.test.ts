import { expect, it, onTestFinished } from 'vitest';
import type { GenerationView } from '../../src/core/generation-view.ts';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

it('portico history shows each load, what it changed, how it did, and a refused one', async () => {
  let status = 200;
  const backend = await startBackend((_req, res) => res.writeHead(status).end('ok'));
  const stock = (options: string) => `import { defineService } from 'portico';
    export const stock = defineService('stock', { targets: ['${backend.url}'], ${options} });\n`;
  const project = await createProject({
    'services.ts': stock(`headers: { 'X-Api-Key': 'the first secret' }`),
    'routes/stock.get.ts': `import { stock } from '#services';\n${route(`{ proxy: stock, timeout: '2s' }`)}`,
    'routes/hello.get.ts': route(`{ handler: () => 'hello' }`),
  });
  const portico = startPortico('start', ['--dir', project.dir, '--workers', '2']);
  const { url, adminUrl } = await portico.ready();
  onTestFinished(async () => {
    await portico[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
  const run = (...args: string[]) => runPortico(args, { env });
  const visit = async (path: string, count: number) => {
    for (let i = 0; i < count; i++) await (await fetch(url + path, { headers: { Connection: 'close' } })).text();
  };

  await visit('/stock', 4);
  await project.write('services.ts', stock(`headers: { 'X-Api-Key': 'the second secret' }, retry: false`));
  await project.write(
    'routes/stock.get.ts',
    `import { stock } from '#services';\n${route(`{ proxy: stock, timeout: '1s' }`)}`,
  );
  await project.write('routes/new.get.ts', route(`{ handler: () => 'new' }`));
  expect((await run('reload')).code).toBe(0);
  status = 500;
  await visit('/stock', 2);
  await project.write('routes/new.get.ts', route(`{ handler: () => 'new', timeuot: '1s' }`));
  expect((await run('reload')).code).toBe(1);

  const shown = await run('history', '--json');
  const { generations } = JSON.parse(shown.out) as { readonly generations: readonly GenerationView[] };
  const [refused, second, first] = generations;
  expect(generations).toHaveLength(3);
  expect(refused).toMatchObject({
    generation: 2,
    state: 'refused',
    mistakes: [expect.stringContaining('routes/new.get.ts:2')],
  });
  expect(first).toMatchObject({
    generation: 1,
    state: 'replaced',
    changes: [],
    routes: [{ route: '/stock', requests: 4, errors: 0 }],
  });
  expect(second).toMatchObject({
    generation: 2,
    state: 'serving',
    routes: [{ route: '/stock', requests: 2, errors: 2, before: { requests: 4, errors: 0 } }],
  });
  expect(second?.changes).toEqual([
    { of: 'GET /new', after: 'new' },
    { of: 'GET /stock', option: 'timeout', before: '"2s"', after: '"1s"' },
    {
      of: 'service stock',
      option: 'headers.X-Api-Key',
      before: expect.stringMatching(/^value [\da-f]{8}$/),
      after: expect.stringMatching(/^value [\da-f]{8}$/),
    },
    { of: 'service stock', option: 'retry', after: 'false' },
  ]);

  const { out, code } = await run('history');
  expect(code).toBe(0);
  expect(out).toMatch(/^generation 2 goes on; a load was refused at /);
  expect(out).toContain('GET /stock  timeout: "2s" → "1s"');
  expect(out).toMatch(/ {2}\/stock +2 +2 \(100\.0 %\) +≤ \d+ ms +none, p95 ≤ \d+ ms\n/);
  expect(out + shown.out).not.toContain('secret');
});
