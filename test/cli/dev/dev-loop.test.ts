import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { route } from '../../support/gateway.ts';
import { type PorticoProcess, type SpawnOptions, startPortico } from '../../support/portico-process.ts';
import { createProject, type TestProject } from '../../support/project.ts';
import { testResources } from '../../support/resources.ts';

const { own } = testResources();

const says = (what: string) => route(`'/hello', { handler: () => ({ says: '${what}' }) }`);

async function developing(files: Readonly<Record<string, string>>, options?: SpawnOptions, args: string[] = []) {
  const project = own(await createProject(files));
  return { project, ...developed(project, options, args) };
}

function developed(project: TestProject, options?: SpawnOptions, args: string[] = []) {
  const portico = own(startPortico('dev', ['--dir', project.dir, ...args], options));
  const url = portico.ready().then(ready => ready.url);
  const hello = async (path = '/hello'): Promise<Readonly<Record<string, unknown>>> => {
    const response = await fetch((await url) + path);
    return JSON.parse(await response.text());
  };
  return { portico, hello };
}

const untilPrinted = (portico: PorticoProcess, text: string | RegExp) =>
  expect.poll(() => portico.err, { interval: 20 }).toMatch(text);

/** Root may read everything, so the process gets another user. */
const asNobody: SpawnOptions = {
  node: ['setpriv', '--reuid=65534', '--clear-groups', process.execPath],
  env: { HOME: '' },
};

describe('portico dev', () => {
  it.runIf(process.getuid?.() === 0)('says which folder it may not read, and hears when it may', async () => {
    const project = own(
      await createProject({
        'routes/hello.get.ts': says('one'),
        'routes/locked/a.get.ts': route(`'/locked/a', { handler: () => ({ says: 'a' }) }`),
      }),
    );
    await chmod(project.dir, 0o777);
    const locked = join(project.dir, 'routes/locked');
    const { portico, hello } = developed(project, asNobody);
    expect(await hello('/locked/a')).toEqual({ says: 'a' });
    await chmod(locked, 0o000);
    await project.write('routes/hello.get.ts', says('two'));
    await untilPrinted(portico, /changes in .+locked go unheard: EACCES/);
    expect((await portico.event('refused')).failure).toMatchObject({ message: expect.stringContaining('cannot read') });
    await chmod(locked, 0o755);
    await expect.poll(() => hello()).toEqual({ says: 'two' });
  });

  it('serves what is saved in the imports of a route, and loads nothing for a save without a change', async () => {
    const { project, portico, hello } = await developing({
      'routes/hello.get.ts': `import { word } from '../lib/word.ts';\n${says('').replace("''", 'word')}`,
      'lib/word.ts': `export const word = 'one';\n`,
      'lib/unused.ts': `export const word = 'one';\n`,
    });
    expect(await hello()).toEqual({ says: 'one' });
    await project.write('lib/word.ts', `export const word = 'two';\n`);
    expect(await portico.event('reloaded')).toMatchObject({ generation: 2 });
    expect(await hello()).toEqual({ says: 'two' });
    await project.write('lib/unused.ts', `export const word = 'two';\n`);
    await project.write('lib/word.ts', `export const word = 'two';\n`);
    await project.write('routes/new.get.ts', route(`'/new', { handler: () => ({ says: 'new' }) }`));
    expect(await portico.event('reloaded')).toMatchObject({ generation: 3, routes: 2 });
    await rm(join(project.dir, 'lib/word.ts'));
    expect(await portico.event('refused')).toMatchObject({ generation: 3 });
    expect(await hello()).toEqual({ says: 'two' });
    await project.write('lib/word.ts', `export const word = 'three';\n`);
    expect(await portico.event('reloaded')).toMatchObject({ generation: 4 });
    expect(await hello()).toEqual({ says: 'three' });
  });

  it('checks requests by schemas that an earlier worker has compiled, and refuses one that broke since', async () => {
    const checked = (type: string, word: string) =>
      route(`'/hello', {
        query: { type: 'object', properties: { n: { type: '${type}' } } },
        handler: c => ({ says: '${word}', n: c.query.n }),
      }`);
    const { project, portico, hello } = await developing({ 'routes/hello.get.ts': checked('integer', 'one') });
    expect(await hello('/hello?n=1')).toEqual({ says: 'one', n: 1 });
    await project.write('routes/hello.get.ts', checked('integer', 'two'));
    await portico.event('reloaded');
    expect(await hello('/hello?n=2')).toEqual({ says: 'two', n: 2 });
    expect(await hello('/hello?n=many')).toMatchObject({ status: 400, code: 'request.invalid' });
    await project.write('routes/hello.get.ts', checked('integr', 'three'));
    expect((await portico.event('refused')).failure).toMatchObject({ kind: 'definition' });
    expect(await hello('/hello?n=2')).toEqual({ says: 'two', n: 2 });
  });

  it('hears another target of a link in the path of an import, and of the link of a package', async () => {
    const price = (value: string) => `export const price = '${value}';\n`;
    const manifest = '{ "type": "module", "exports": "./price.ts" }';
    const project = own(
      await createProject({
        'routes/hello.get.ts': `import { price as one } from '../linked/price.ts';
import { price as two } from 'prices';
${route(`'/hello', { handler: () => ({ one, two }) }`)}`,
        'v1/price.ts': price('v1'),
        'v2/price.ts': price('v2'),
        'packages/v1/price.ts': price('v1'),
        'packages/v1/package.json': manifest,
        'packages/v2/price.ts': price('v2'),
        'packages/v2/package.json': manifest,
      }),
    );
    const link = async (target: string, path: string) => {
      await symlink(target, join(project.dir, 'new-link'));
      await rename(join(project.dir, 'new-link'), join(project.dir, path));
    };
    await symlink('v1', join(project.dir, 'linked'));
    await symlink('../packages/v1', join(project.dir, 'node_modules/prices'));
    const { hello } = developed(project);
    expect(await hello()).toEqual({ one: 'v1', two: 'v1' });
    await link('v2', 'linked');
    await expect.poll(() => hello()).toEqual({ one: 'v2', two: 'v1' });
    await link('../packages/v2', 'node_modules/prices');
    await expect.poll(() => hello()).toEqual({ one: 'v2', two: 'v2' });
  });

  it('ends with one worker and a line where a file writes itself while it is loaded', async () => {
    const { portico, hello, project } = await developing({
      'routes/hello.get.ts': says('one'),
      'routes/stamp.get.ts': `import { writeFileSync } from 'node:fs';
import { stamp } from './_stamp.ts';
writeFileSync(new URL('_stamp.ts', import.meta.url), \`export const stamp = \${stamp + 1};\\n\`);
${route(`'/stamp', { handler: () => ({ stamp }) }`)}`,
      'routes/_stamp.ts': 'export const stamp = 1;\n',
    });
    await untilPrinted(portico, /_stamp\.ts changes whenever it is loaded/);
    expect(await hello()).toEqual({ says: 'one' });
    const { stamp } = await hello('/stamp');
    expect(stamp).toBeLessThan(10);
    await project.write('routes/hello.get.ts', says('two'));
    await expect.poll(() => hello()).toEqual({ says: 'two' });
  });

  it('gives a first load up that hangs, once its file is saved', async () => {
    const { project, portico, hello } = await developing({
      'routes/hello.get.ts': `await new Promise(() => setInterval(() => {}, 1_000));\n${says('one')}`,
    });
    await project.write('routes/hello.get.ts', says('two'));
    expect(await hello()).toEqual({ says: 'two' });
    expect(portico.err).toBe('');
  });

  it('gives a first load up that loops for ever in an import of a route, once that is saved', async () => {
    const { project, hello } = await developing({
      'routes/hello.get.ts': `import { word } from '../lib/word.ts';\n${says('').replace("''", 'word')}`,
      'lib/word.ts': `import { writeFileSync } from 'node:fs';
export const word = 'one';
writeFileSync(new URL('loops', import.meta.url), '');
for (;;);\n`,
    });
    await expect.poll(() => existsSync(join(project.dir, 'lib/loops'))).toBe(true);
    await project.write('lib/word.ts', `export const word = 'two';\n`);
    expect(await hello()).toEqual({ says: 'two' });
  });

  it('hears what mends a failed import: the exports of a package, and a file that CommonJS requires', async () => {
    const { project, portico, hello } = await developing({
      'routes/hello.get.ts': `import { one } from 'some-lib/one';
import two from '../lib/two.cjs';
${route(`'/hello', { handler: () => ({ one, two }) }`)}`,
      'node_modules/some-lib/package.json': '{ "type": "module", "exports": {} }',
      'node_modules/some-lib/one.js': `export const one = 'one';\n`,
      'lib/package.json': '{}',
      'lib/100%.cjs': `module.exports = 'all ';\n`,
      'lib/two.cjs': `module.exports = require('./100%.cjs') + require('./three');\n`,
    });
    expect(JSON.stringify(await portico.event('refused'))).toContain('some-lib/one');
    await project.write(
      'node_modules/some-lib/package.json',
      '{ "type": "module", "exports": { "./one": "./one.js" } }',
    );
    expect(JSON.stringify(await portico.event('refused'))).toContain('./three');
    await project.write('lib/three.js', `module.exports = 'two';\n`);
    expect(await hello()).toEqual({ one: 'one', two: 'all two' });
  });

  it('goes on with a folder that vanishes, is replaced and comes back', async () => {
    const { project, portico, hello } = await developing({ 'routes/hello.get.ts': says('one') });
    expect(await hello()).toEqual({ says: 'one' });
    await rename(project.dir, `${project.dir}-away`);
    expect(await portico.event('refused')).toMatchObject({ generation: 1 });
    expect(portico.err).toMatch(/^portico: no folder .+\n$/);
    expect(await hello()).toEqual({ says: 'one' });
    await rename(`${project.dir}-away`, project.dir);
    expect(await portico.event('reloaded')).toMatchObject({ generation: 2 });
    await mkdir(join(project.dir, 'next'));
    await project.write('next/hello.get.ts', says('two'));
    await rm(join(project.dir, 'routes'), { recursive: true });
    await rename(join(project.dir, 'next'), join(project.dir, 'routes'));
    await expect.poll(() => hello()).toEqual({ says: 'two' });
    await project.write('routes/hello.get.ts', says('three'));
    await expect.poll(() => hello()).toEqual({ says: 'three' });
  });

  it('serves one project twice, without a home, a temporary folder and types of the routes', async () => {
    const project = own(await createProject({ 'routes/hello.get.ts': says('one'), 'app-routes.d.ts/x': '' }));
    const env = { HOME: '', XDG_CACHE_HOME: '/dev/null', TMPDIR: '/no/such/folder' };
    const both = [developed(project, { env }), developed(project, { env }, ['--poll'])];
    for (const { hello } of both) expect(await hello()).toEqual({ says: 'one' });
    for (const round of ['two', 'three']) {
      await project.write('routes/hello.get.ts', says(round));
      for (const { hello } of both) await expect.poll(() => hello()).toEqual({ says: round });
    }
    for (const { portico } of both) {
      expect(portico.err).toMatch(/^portico: app-routes\.d\.ts is not up to date: .*\(EISDIR\)\n$/);
    }
  });
});

/** A process in a namespace of its own can lower the limits of its user, and mount. */
const hasNamespaces = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasNamespaces)('portico dev (needs unshare of util-linux)', () => {
  const inNamespace = (setup: string): SpawnOptions => ({
    node: ['unshare', '-Urm', 'sh', '-c', `${setup} && exec "$@"`, 'sh', process.execPath],
  });

  it.each([
    ['max_inotify_watches', 2, 'fs.inotify.max_user_watches'],
    ['max_inotify_instances', 0, 'fs.inotify.max_user_instances'],
  ])('says so at the start where the limit %s is reached, and polls', async (limit, value, name) => {
    const { project, portico, hello } = await developing(
      { 'routes/hello.get.ts': says('one'), 'routes/a/b.get.ts': route(`'/a/b', { handler: () => ({}) }`) },
      inNamespace(`echo ${value} > /proc/sys/user/${limit}`),
    );
    expect(await hello()).toEqual({ says: 'one' });
    expect(portico.err.match(/\n/g)).toHaveLength(1);
    expect(portico.err).toContain(`polled: the limit of watch`);
    expect(portico.err).toContain(name);
    await project.write('routes/hello.get.ts', says('two'));
    await project.write('routes/a/b.get.ts', route(`'/a/b', { handler: () => ({ says: 'b' }) }`));
    await expect.poll(() => hello()).toEqual({ says: 'two' });
    await expect.poll(() => hello('/a/b')).toEqual({ says: 'b' });
    await project.write('routes/c/d/e.get.ts', route(`'/c/d/e', { handler: () => ({ says: 'e' }) }`));
    await expect.poll(async () => (await hello('/c/d/e')).says).toBe('e');
    expect(portico.err.match(/\n/g)).toHaveLength(1);
  });

  it('serves a project whose file system cannot be written, with one line', async () => {
    const project = own(await createProject({ 'routes/hello.get.ts': says('one') }));
    const readOnly = `mount --bind ${project.dir} ${project.dir} && mount -o remount,ro,bind ${project.dir}`;
    const { portico, hello } = developed(project, inNamespace(readOnly));
    expect(await hello()).toEqual({ says: 'one' });
    await project.write('routes/hello.get.ts', says('two'));
    await portico.event('reloaded');
    expect(await hello()).toEqual({ says: 'two' });
    expect(portico.err).toMatch(/^portico: app-routes\.d\.ts is not up to date: .*\(EROFS\)\n$/);
  });
});
