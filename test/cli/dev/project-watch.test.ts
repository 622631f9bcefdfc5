import { once } from 'node:events';
import { mkdir, readFile, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FileChange } from '../../../src/cli/dev/file-states.ts';
import { ProjectWatch, type ProjectWatchOptions } from '../../../src/cli/dev/project-watch.ts';
import { createProject, type TestProject } from '../../support/project.ts';
import { testResources } from '../../support/resources.ts';

const { own } = testResources();
const watches: ProjectWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
});

interface Watching {
  readonly project: TestProject;
  readonly watch: ProjectWatch;
  path(file: string): string;
  /** Resolves once a change of this file was heard, with all that was heard since the last call. */
  heard(file: string): Promise<readonly string[]>;
  /** Forgets what was heard so far. */
  forget(): void;
}

const ROUTE = 'export default 1;\n';

async function watching(
  files: Readonly<Record<string, string>> = {},
  options?: ProjectWatchOptions,
): Promise<Watching> {
  return watchingIn(own(await createProject({ 'routes/api/one.get.ts': ROUTE, ...files })), options);
}

async function watchingIn(project: TestProject, options?: ProjectWatchOptions): Promise<Watching> {
  const watch = new ProjectWatch(project.dir, options);
  watches.push(watch);
  let news: string[] = [];
  watch.on('change', (changes: readonly FileChange[]) => {
    news.push(...changes.map(({ file }) => relative(project.dir, file)));
  });
  await watch.start();
  watch.loadBegins();
  watch.loadEnded(true);
  const heard = async (file: string) => {
    await expect.poll(() => news, { interval: 5 }).toContain(file);
    const all = [...new Set(news)];
    news = [];
    return all;
  };
  const forget = () => {
    news = [];
  };
  return { project, watch, path: file => join(project.dir, file), heard, forget };
}

/** As if a worker had loaded these files. */
async function imported(
  { watch, path, forget }: Watching,
  files: readonly string[],
  missing: readonly string[] = [],
): Promise<void> {
  watch.loadBegins();
  watch.add({ files: files.map(path), missing: missing.map(path) });
  watch.loadEnded(true);
  await once(watch, 'looked');
  // They may have been written while they were loaded, as far as the clock of the file system tells.
  forget();
}

describe('the watch of a project', () => {
  it('hears a folder that is removed and made again, each time, and what is saved in it later', async () => {
    const { project, path, heard } = await watching();
    for (const round of [1, 2, 3, 4, 5, 6, 7, 8]) {
      await rm(path('routes/api'), { recursive: true });
      await mkdir(path('routes/api'));
      await project.write('routes/api/one.get.ts', `export default 'made in round ${round}';\n`);
      await heard('routes/api/one.get.ts');
      await project.write('routes/api/one.get.ts', `export default 'saved in round ${round}';\n`);
      await heard('routes/api/one.get.ts');
    }
  });

  it.each(['routes/api/coverage', 'routes/dist', 'routes/node_modules', 'routes/.well-known', 'routes/new/deep'])(
    'hears %s, which has routes',
    async folder => {
      const { project, heard } = await watching();
      await project.write(`${folder}/two.get.ts`, ROUTE);
      await heard(`${folder}/two.get.ts`);
      await project.write(`${folder}/two.get.ts`, 'export default 2;\n');
      expect(await heard(`${folder}/two.get.ts`)).toEqual([`${folder}/two.get.ts`]);
    },
  );

  it('hears the targets of links, another target, and the target of a link that led nowhere', async () => {
    const project = own(
      await createProject({ 'routes/one.get.ts': ROUTE, 'shared/two.get.ts': ROUTE, 'area/three.get.ts': ROUTE }),
    );
    const path = (file: string) => join(project.dir, file);
    await symlink('../shared/two.get.ts', path('routes/two.get.ts'));
    await symlink('../area', path('routes/area'));
    await symlink('../later/four.get.ts', path('routes/four.get.ts'));
    const { heard } = await watchingIn(project);
    await project.write('shared/two.get.ts', 'export default 2;\n');
    await heard('shared/two.get.ts');
    await project.write('area/three.get.ts', 'export default 3;\n');
    await heard('routes/area/three.get.ts');
    await project.write('later/four.get.ts', ROUTE);
    await heard('routes/four.get.ts');
    await project.write('shared/other.get.ts', 'export default 5;\n');
    await symlink('../shared/other.get.ts', path('routes/two.get.ts~'));
    await rename(path('routes/two.get.ts~'), path('routes/two.get.ts'));
    await heard('routes/two.get.ts');
    await rm(path('area'), { recursive: true });
    await project.write('area/three.get.ts', 'export default 33;\n');
    await heard('routes/area/three.get.ts');
  });

  it('hears what was imported, wherever it is, and nothing else', async () => {
    const watched = await watching({
      'packages/lib/src/price.ts': ROUTE,
      'prices.json': '1',
      'routes/other.json': '1',
      'notes/a.ts': ROUTE,
      'routes/api/_lib/shape.ts': ROUTE,
    });
    const { project, heard } = watched;
    await imported(watched, ['packages/lib/src/price.ts', 'prices.json', 'routes/api/_lib/shape.ts']);
    for (const file of ['notes/a.ts', 'routes/other.json', 'routes/one.test.ts', 'package-lock.json', 'src/new.ts']) {
      await project.write(file, '2');
    }
    await project.write('packages/lib/src/price.ts', 'export default 2;\n');
    expect(await heard('packages/lib/src/price.ts')).toEqual(['packages/lib/src/price.ts']);
    await project.write('prices.json', '2');
    expect(await heard('prices.json')).toEqual(['prices.json']);
    await project.write('routes/api/_lib/shape.ts', 'export default 2;\n');
    await heard('routes/api/_lib/shape.ts');
    await rm(join(project.dir, 'packages'), { recursive: true });
    await heard('packages/lib/src/price.ts');
    await project.write('packages/lib/src/price.ts', ROUTE);
    await heard('packages/lib/src/price.ts');
  });

  it('hears a folder that is moved, above one with imported files, and what is saved in the next one', async () => {
    const watched = await watching({ 'lib/a/b/price.ts': ROUTE });
    const { project, path, heard } = watched;
    await imported(watched, ['lib/a/b/price.ts']);
    await rename(path('lib/a'), path('lib/before'));
    await heard('lib/a/b/price.ts');
    await project.write('lib/a/b/price.ts', 'export default 2;\n');
    await heard('lib/a/b/price.ts');
    await project.write('lib/a/b/price.ts', 'export default 3;\n');
    await heard('lib/a/b/price.ts');
  });

  it('hears what an import looked for, and files that somebody adds to the list', async () => {
    const watched = await watching({}, { files: ['.env', 'config/.env.local'], folders: ['recordings'] });
    const { project, heard } = watched;
    await imported(watched, [], ['lib/deep/price.ts', 'node_modules/some-lib']);
    await project.write('lib/deep/price.ts', ROUTE);
    await heard('lib/deep/price.ts');
    await project.write('node_modules/some-lib/package.json', '{}');
    await heard('node_modules/some-lib');
    await project.write('.env', 'A=1');
    await heard('.env');
    await project.write('config/.env.local', 'A=1');
    await heard('config/.env.local');
    await project.write('recordings/catalog/get.json', '{}');
    await heard('recordings/catalog/get.json');
    await unlink(join(project.dir, 'recordings/catalog/get.json'));
    await heard('recordings/catalog/get.json');
  });

  it('hears package.json and portico.config.ts, also new ones', async () => {
    const { project, path, heard } = await watching();
    await project.write('package.json', '{ "type": "module", "imports": {} }\n');
    await heard('package.json');
    await project.write('portico.config.ts', ROUTE);
    await heard('portico.config.ts');
    await unlink(path('portico.config.ts'));
    await heard('portico.config.ts');
  });

  it('takes no save of the same content for a change', async () => {
    const { project, path, heard, watch } = await watching({ 'routes/two.get.ts': ROUTE });
    // The first save tells it nothing of the content before.
    await project.write('routes/api/one.get.ts', 'export default 11;\n');
    await heard('routes/api/one.get.ts');
    watch.loadEnded(true);
    await once(watch, 'looked');
    await project.write('routes/api/one.get.ts', 'export default 11;\n');
    await utimes(path('routes/api/one.get.ts'), new Date(), new Date());
    await writeFile(path('routes/one~'), 'export default 11;\n');
    await rename(path('routes/one~'), path('routes/api/one.get.ts'));
    await project.write('routes/two.get.ts', 'export default 2;\n');
    expect(await heard('routes/two.get.ts')).toEqual(['routes/two.get.ts']);
  });

  it('hears a tree that replaces another one, and goes on in it', async () => {
    const { project, path, heard } = await watching({ 'next/api/one.get.ts': 'export default 2;\n' });
    await rename(path('routes'), path('before'));
    await rename(path('next'), path('routes'));
    await heard('routes/api/one.get.ts');
    await project.write('routes/api/one.get.ts', 'export default 3;\n');
    await heard('routes/api/one.get.ts');
  });

  it('hears a project folder that vanishes, comes back and is edited', async () => {
    const { project, path, heard } = await watching();
    const manifest = await readFile(path('package.json'), 'utf8');
    await rm(project.dir, { recursive: true });
    await heard('routes/api/one.get.ts');
    await mkdir(dirname(path('routes/api/one.get.ts')), { recursive: true });
    await project.write('package.json', manifest);
    await project.write('routes/api/one.get.ts', 'export default 2;\n');
    await heard('routes/api/one.get.ts');
    await project.write('routes/api/one.get.ts', 'export default 3;\n');
    await heard('routes/api/one.get.ts');
  });

  it('hears another target of a link that is the folder of the project, and what is saved there', async () => {
    const [first, second] = [own(await createProject({ 'routes/a.get.ts': ROUTE })), own(await createProject({}))];
    await second.write('routes/a.get.ts', `// Of another release\n${ROUTE}`);
    const current = join(first.dir, 'current');
    await symlink(first.dir, current, 'dir');
    const { heard } = await watchingIn({ ...first, dir: current });
    await symlink(second.dir, join(first.dir, 'next'), 'dir');
    await rename(join(first.dir, 'next'), current);
    await heard('');
    await second.write('routes/a.get.ts', `// Saved\n${ROUTE}`);
    await heard('routes/a.get.ts');
  });

  it('hears a file that was saved while a load read it for the first time', async () => {
    const watched = await watching({ 'lib/price.ts': ROUTE });
    watched.watch.loadBegins();
    await watched.project.write('lib/price.ts', 'export default 2;\n');
    watched.watch.add({ files: [watched.path('lib/price.ts')], missing: [] });
    watched.watch.loadEnded(true);
    await watched.heard('lib/price.ts');
  });

  it('hears by polling, where the system reports nothing', async () => {
    const { project, path, heard } = await watching({}, { poll: true });
    expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
    await project.write('routes/api/one.get.ts', 'export default 2;\n');
    await heard('routes/api/one.get.ts');
    await rm(path('routes/api'), { recursive: true });
    await project.write('routes/api/two.get.ts', ROUTE);
    await heard('routes/api/two.get.ts');
  });

  it('opens one watch for each folder with routes, and for those of what was imported', async () => {
    const watched = await watching({
      'routes/api/deep/two.get.ts': ROUTE,
      'routes/_lib/x.ts': ROUTE,
      'lib/price.ts': ROUTE,
      'docs/notes/a.md': '',
      'web/src/b.ts': '',
    });
    await imported(watched, ['lib/price.ts']);
    const open = () => process.getActiveResourcesInfo().filter(name => name === 'FSEventWrap').length;
    // The project, routes, routes/api, routes/api/deep and lib.
    await expect.poll(open).toBe(5);
  });
});
