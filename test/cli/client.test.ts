import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own, backend } = testResources();

const HELLO = { 'routes/hello/[name].get.ts': route(`'/hello/[name]', { handler: c => ({ hello: c.params.name }) }`) };

describe('portico client', () => {
  it('writes a file, and --check fails when the routes have changed', async () => {
    const project = own(await createProject(HELLO));
    const out = join(project.dir, 'shop-client.ts');
    const args = ['client', '--dir', project.dir, '--out', out];
    expect(await runPortico([...args, '--check'])).toMatchObject({ code: 1, out: expect.stringContaining('--check') });
    expect(await runPortico(args)).toMatchObject({ code: 0, out: `${out} is written` });
    expect(await readFile(out, 'utf8')).toContain('"GET /hello/[name]"');
    expect(await runPortico([...args, '--check'])).toMatchObject({ code: 0, out: `${out} is up to date` });
    await project.write('routes/bye.get.ts', route(`{ handler: () => 'bye' }`));
    const { code, out: said } = await runPortico([...args, '--check', '--json']);
    expect({ code, said: JSON.parse(said) }).toEqual({ code: 1, said: { file: out, current: false, written: false } });
    expect(await readFile(out, 'utf8')).not.toContain('bye');
  });

  it('reads a document of another repository, from a URL or a file', async () => {
    const { dir } = own(await createProject(HELLO));
    const { out: document } = await runPortico(['openapi', '--dir', dir]);
    const { url } = await backend((_req, res) => void res.end(document));
    const file = join(dir, 'openapi.json');
    await writeFile(file, document);
    const direct = await runPortico(['client', '--dir', dir]);
    expect(await runPortico(['client', '--from', url], { cwd: '/' })).toEqual(direct);
    expect(await runPortico(['client', '--from', file], { cwd: '/' })).toEqual(direct);
  });

  it.each([
    ['a page', '<html>', /JSON/],
    ['another JSON', '{}', /is no OpenAPI document: it has no paths/],
  ])('says that %s is no document', async (_what, text, message) => {
    const { url } = await backend((_req, res) => void res.end(text));
    const { code, err } = await runPortico(['client', '--from', url]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it('needs the file to check', async () => {
    expect(await runPortico(['client', '--check'])).toMatchObject({ code: 2, err: expect.stringContaining('--out') });
  });
});
