import { expect, it } from 'vitest';
import { runPortico } from '../support/command.ts';
import { route } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';

it('is the document of the routes that the workers serve, also after a reload', async () => {
  await using project = await createProject({ 'routes/hello.get.ts': route(`{ handler: () => 'hello' }`) });
  await using portico = await runPortico(['start', '--workers', '2', '--dir', project.dir]);
  const paths = async () => Object.keys(Object(await (await fetch(`${portico.adminUrl}/openapi.json`)).json()).paths);
  expect(await paths()).toEqual(['/hello']);
  await project.write('routes/later.get.ts', route(`{ handler: () => 'later' }`));
  portico.process.child.kill('SIGHUP');
  await portico.process.event('reloaded');
  expect(await paths()).toEqual(['/hello', '/later']);
});

it('says why it cannot be written, and the worker lives on', async () => {
  await using project = await createProject({
    'routes/hello.get.ts': route(`{ response: { type: 'integer', toJSON() { throw new Error('no text'); } },
      handler: () => 1 }`),
  });
  await using portico = await runPortico(['start', '--workers', '1', '--dir', project.dir]);
  const response = await fetch(`${portico.adminUrl}/openapi.json`);
  expect([response.status, await response.json()]).toMatchObject([500, { title: 'Internal error: no text' }]);
  expect(await (await fetch(`${portico.url}/hello`)).json()).toBe(1);
});
