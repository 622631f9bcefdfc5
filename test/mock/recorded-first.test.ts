import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { startBackend } from '../support/backend.ts';
import { route, startGateway } from '../support/gateway.ts';
import { createProject } from '../support/project.ts';

const ITEM = `{ type: 'object', required: ['id'], properties: { id: { type: 'string' }, name: { type: 'string' } } }`;

const projectOf = (url: string) => ({
  'services.ts': `import { defineService } from 'portico';
    export const shop = defineService('shop', { targets: ['${url}'] });`,
  'routes/items/[id].get.ts': `import { shop } from '#services';\n${route(`{ proxy: shop('/items/[id]'), response: ${ITEM} }`)}`,
  'routes/items.post.ts': `import { shop } from '#services';\n${route(`{ proxy: shop('/items'), response: ${ITEM} }`)}`,
  'routes/both/[id].get.ts': `import { shop } from '#services';\n${route(`{
    aggregate: {
      known: { from: shop('/items/1'), response: ${ITEM} },
      asked: { from: shop('/items/[id]'), response: ${ITEM} },
    },
    reply: ({ known, asked }) => [known, asked] }`)}`,
});

it('a mock responds with a recording where there is one, and by the schema everywhere else', async () => {
  const backend = await startBackend((_req, res) =>
    res.setHeader('Content-Type', 'application/json').end('{"id":"1","name":"recorded lamp"}'),
  );
  await using recorded = await createProject(projectOf(backend.url));
  const record = await createGateway({
    dir: recorded.dir,
    mode: 'dev',
    logLevel: 'silent',
    recordings: { use: 'record' },
  });
  const { port } = (await record.listen({ port: 0 })) as { port: number };
  await (await fetch(`http://127.0.0.1:${port}/items/1`)).text();
  await record.close({ graceMs: 0 });
  await backend[Symbol.asyncDispose]();

  const mock = await createGateway({ dir: recorded.dir, mode: 'dev', logLevel: 'silent', mock: true });
  expect(mock.recordings).toBe('1 request is answered from recordings, others from schemas');
  const at = (await mock.listen({ port: 0 })) as { port: number };
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${at.port}${path}`, init);
    return [response.headers.get('portico-mock'), (await response.json()) as unknown];
  };
  const lamp = { id: '1', name: 'recorded lamp' };
  expect(await call('/items/1')).toEqual(['recorded', lamp]);
  expect(await call('/items/7')).toEqual(['generated', expect.objectContaining({ id: '7' })]);
  expect(await call('/both/1')).toEqual(['recorded', [lamp, lamp]]);
  expect(await call('/both/7')).toEqual(['generated', [lamp, expect.objectContaining({ id: '7' })]]);
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"from the body"}' };
  expect(await call('/items', post)).toEqual(['generated', expect.objectContaining({ id: 'from the body' })]);
  await mock.close({ graceMs: 0 });
});

it('a mock needs no recordings', async () => {
  const files = projectOf('http://127.0.0.1:1');
  await using gateway = await startGateway(files, { mode: 'dev', mock: true });
  const response = await fetch(`${gateway.url}/items/1`);
  expect(response.headers.get('portico-mock')).toBe('generated');
  expect(await response.json()).toMatchObject({ id: '1' });
});

it('a mock with a broken recording does not start', async () => {
  await using project = await createProject(projectOf('http://127.0.0.1:1'));
  await mkdir(join(project.dir, 'recordings/shop'), { recursive: true });
  await writeFile(join(project.dir, 'recordings/shop/get-items.json'), '{');
  await expect(createGateway({ dir: project.dir, mode: 'dev', mock: true })).rejects.toThrow('get-items.json');
  const both = { dir: project.dir, mode: 'dev', mock: true, recordings: { use: 'replay' } } as const;
  await expect(createGateway(both)).rejects.toThrow("`mock` needs `recordings.use: 'mock'`");
});
