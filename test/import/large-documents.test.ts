import { spawnSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { planImport } from '../../src/import/plan.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { own } = testResources();

/** A document of linked schemas. @param next the numbers of those that a schema refers to. */
function documentOf(count: number, next: (i: number) => readonly number[], last: object = {}): string {
  const reference = (i: number) => ({ $ref: `#/components/schemas/S${i}` });
  const schemas = Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const links = next(i).filter(each => each < count);
      const properties = Object.fromEntries(links.map(each => [`s${each}`, reference(each)]));
      return [`S${i}`, { type: 'object', required: ['id'], properties: { id: { type: 'string' }, ...properties } }];
    }),
  );
  const content = (i: number) => ({ 'application/json': { schema: reference(i) } });
  const get = (i: number) => ({ get: { responses: { 200: { description: 'ok', content: content(i) } } } });
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'linked', version: '1' },
    servers: [{ url: 'http://127.0.0.1:4001' }],
    paths: { '/first': get(0), '/second': get(1) },
    components: { schemas: { ...schemas, ...last } },
  });
}

describe('schemas that share others many times over', () => {
  it('are imported, checked, described and typed in seconds', async () => {
    const project = own(await createProject({ 'api.json': documentOf(40, i => [i + 1, i + 3, i + 7]) }));
    const { dir } = project;
    const from = join(dir, 'api.json');
    expect(await runPortico(['import', from, '--as', 'api', '--dir', dir])).toMatchObject({ code: 0, err: '' });
    expect(await runPortico(['check', '--dir', dir])).toMatchObject({ code: 0, out: '2 routes, no problems' });
    expect(await runPortico(['openapi', '--dir', dir])).toMatchObject({ code: 0 });
    expect(await runPortico(['import', from, '--as', 'api', '--check', '--dir', dir])).toMatchObject({ code: 0 });
    await symlink(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'), 'dir');
    await project.write(
      'use.ts',
      `import type { Infer } from 'portico';
import { S0, S1 } from './schemas/api/s0.ts';
import { S39 } from './schemas/api/s39.ts';

export const first: string = ({} as Infer<typeof S0>).id;
export const second: string = ({} as Infer<typeof S1>).id;
// @ts-expect-error It is a text.
export const last: number = ({} as Infer<typeof S39>).id;
`,
    );
    const config = { extends: join(ROOT, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['node_modules'] };
    await project.write('tsconfig.json', JSON.stringify(config));
    const tsc = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', '.'], { cwd: dir, encoding: 'utf8' });
    expect(tsc.stdout).toBe('');
  }, 120_000);
});

describe('hundreds of schemas in a circle', () => {
  const imported = async (document: string) => {
    const { dir } = own(await createProject({ 'api.json': document }));
    return planImport({ from: join(dir, 'api.json'), dir, service: 'api', under: '', target: undefined });
  };
  const circle = (i: number): readonly number[] => [(i * 7 + 13) % 800, (i + 1) % 800];

  it('are planned in seconds', async () => {
    expect((await imported(documentOf(800, circle))).routes).toBe(2);
  }, 15_000);

  it('are refused for the one that is wrong alone', async () => {
    const wrong = { S7: { type: 'string', minLength: -1 } };
    await expect(imported(documentOf(800, circle, wrong))).rejects.toMatchObject({
      mistakes: [{ pointer: '/components/schemas/S7', message: expect.stringContaining('/minLength must be >= 0') }],
    });
  }, 15_000);
});
