import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const HELLO = { 'routes/hello/[name].get.ts': route(`'/hello/[name]', { handler: c => ({ hello: c.params.name }) }`) };

describe('portico openapi', () => {
  it('prints the document with the name and version of the package, the same on each run', async () => {
    const project = own(await createProject(HELLO));
    await project.write('package.json', '{ "type": "module", "name": "shop", "version": "1.2.3" }');
    const { code, out, err } = await runPortico(['openapi', '--dir', project.dir]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const document = JSON.parse(out);
    expect(document).toMatchObject({ openapi: '3.1.2', info: { title: 'shop', version: '1.2.3' } });
    expect(Object.keys(document.paths)).toEqual(['/hello/{name}']);
    expect((await runPortico(['openapi', '--dir', project.dir])).out).toBe(out);
  });

  it('writes a file, of the version that --spec names', async () => {
    const { dir } = own(await createProject(HELLO));
    const out = join(dir, 'openapi.json');
    const written = await runPortico(['openapi', '--dir', dir, '--out', out, '--spec', '3.2']);
    expect(written).toMatchObject({ code: 0, out: `${out} is written: OpenAPI 3.2.0 of 1 route` });
    expect(JSON.parse(await readFile(out, 'utf8')).openapi).toBe('3.2.0');
  });

  it('writes nothing where a default does not fit its schema, and says where', async () => {
    const wrong = `{ type: 'object', properties: { n: { type: 'integer', default: 'one' } } }`;
    const { dir } = own(await createProject({ 'routes/a.post.ts': route(`{ body: ${wrong}, handler: () => 1 }`) }));
    const { code, out, err } = await runPortico(['openapi', '--dir', dir]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^\/paths\/~1a\/post\/.+\/n\/default: "one" does not fit: .+\n$/);
  });

  it.each([['4.0'], ['3.0']])('knows no version %s', async version => {
    const { code, err } = await runPortico(['openapi', '--spec', version]);
    expect({ code, err }).toEqual({ code: 2, err: `portico: --spec is 3.1.2 or 3.2.0; it is "${version}"\n` });
  });
});
