import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appRoutesText } from '../../src/cli/app-routes.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const HELLO = { 'routes/hello/[name].get.ts': route(`'/hello/[name]', { handler: c => ({ hello: c.params.name }) }`) };

const indexOf = (dir: string): Promise<string> => readFile(join(dir, 'app-routes.d.ts'), 'utf8');

const row = (method: string, pattern: string, file: string) => ({ method, pattern, file });

function members(...rows: Parameters<typeof appRoutesText>[0]): readonly string[] {
  return appRoutesText(rows)
    .split('\n')
    .filter(line => line.startsWith('  '));
}

describe('the index of the routes', () => {
  it('has a member for each method and path, in the order of its keys', () => {
    expect(members(row('POST', '/b', 'routes/b.post.ts'), row('GET', '/a/[id]', 'routes/a/[id].get.ts'))).toEqual([
      `  'GET /a/[id]': ContractOf<typeof import('./routes/a/[id].get.ts').default, '/a/[id]'>;`,
      `  'POST /b': ContractOf<typeof import('./routes/b.post.ts').default, '/b'>;`,
    ]);
  });

  it('has every method of a file without one, except where another file has it', () => {
    const keys = members(row('ANY', '/a', 'routes/a.ts'), row('GET', '/a', 'routes/a.get.ts')).map(
      line => line.split(':')[0],
    );
    expect(keys).toEqual(["  'DELETE /a'", "  'GET /a'", "  'PATCH /a'", "  'POST /a'", "  'PUT /a'"]);
    expect(members(row('ANY', '/a', 'routes/a.ts'), row('GET', '/a', 'routes/a.get.ts'))[1]).toContain('a.get.ts');
  });

  it('has either contract where two hosts have the same path', () => {
    expect(members(row('GET', '/a', 'routes/(one)/a.get.ts'), row('GET', '/a', 'routes/(two)/a.get.ts'))).toEqual([
      `  'GET /a': ContractOf<typeof import('./routes/(one)/a.get.ts').default, '/a'> | ` +
        `ContractOf<typeof import('./routes/(two)/a.get.ts').default, '/a'>;`,
    ]);
  });

  it('is the same text whatever order the routes come in, and quotes what a name may contain', () => {
    const rows = [row('GET', "/it's", "routes/it's.get.ts"), row('GET', '/a', 'routes/a.get.ts')];
    expect(appRoutesText(rows)).toBe(appRoutesText(rows.toReversed()));
    expect(appRoutesText(rows)).toContain(`'GET /it\\'s'`);
  });
});

describe('portico types', () => {
  it('writes the index once, and says that it is up to date', async () => {
    const { dir } = own(await createProject(HELLO));
    const first = await runPortico(['types', '--dir', dir]);
    expect(first).toMatchObject({ code: 0, out: 'app-routes.d.ts is written: 1 route file' });
    const text = await indexOf(dir);
    expect(text).toContain("'GET /hello/[name]'");
    const { mtimeMs } = await stat(join(dir, 'app-routes.d.ts'));
    const second = await runPortico(['types', '--dir', dir, '--json']);
    expect(JSON.parse(second.out)).toEqual({ file: 'app-routes.d.ts', written: false, routes: 1 });
    expect((await stat(join(dir, 'app-routes.d.ts'))).mtimeMs).toBe(mtimeMs);
  });

  it('is written by check, too, and not by routes', async () => {
    const { dir } = own(await createProject(HELLO));
    await runPortico(['routes', '--dir', dir]);
    await expect(indexOf(dir)).rejects.toThrow('ENOENT');
    await runPortico(['check', '--dir', dir]);
    expect(await indexOf(dir)).toContain("'GET /hello/[name]'");
  });

  it('is not written for routes in JavaScript', async () => {
    const { dir } = own(await createProject({ 'routes/hello.get.js': route(`{ handler: () => 'hello' }`) }));
    expect((await runPortico(['check', '--dir', dir])).code).toBe(0);
    await expect(indexOf(dir)).rejects.toThrow('ENOENT');
  });

  it('says in check that the index could not be written, and does not fail for it', async () => {
    const { dir } = own(await createProject(HELLO));
    // A folder of that name cannot be replaced by a file, whoever runs the test.
    await mkdir(join(dir, 'app-routes.d.ts', 'taken'), { recursive: true });
    const { code, out } = await runPortico(['check', '--dir', dir]);
    expect(code).toBe(0);
    expect(out).toMatch(/^app-routes\.d\.ts is not up to date: .+\n1 route, no problems$/);
    expect((await runPortico(['types', '--dir', dir])).code).toBe(1);
  });

  it('follows the files in dev, without a reload of its own', async () => {
    const project = own(await createProject(HELLO));
    const args = ['dev', '--dir', project.dir, '--port', '0', '--admin-port', '0', '--json'];
    const portico = own(new PorticoProcess(args));
    await portico.ready();
    await expect.poll(() => indexOf(project.dir).catch(() => '')).toContain("'GET /hello/[name]'");
    await project.write('routes/bye.get.ts', route(`{ handler: () => 'bye' }`));
    expect(await portico.event('reloaded')).toMatchObject({ generation: 2 });
    await expect.poll(() => indexOf(project.dir)).toContain("'GET /bye'");
    await project.write('routes/ciao.get.ts', route(`{ handler: () => 'ciao' }`));
    expect(await portico.event('reloaded')).toMatchObject({ generation: 3 });
  });
});
