import { spawnSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRoutesText } from '../../src/cli/app-routes.ts';
import { HELP_TEXT } from '../../src/cli/help.ts';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { type Block, blocksIn, type Page, ROOT, readPages } from './pages.ts';

const CODE = new Set(['ts', 'html']);
/** A page shows its routes and imports the services that the README declares. */
const SHARED = ['package.json', 'services.ts'];
const MANIFEST = ['package.json', '{ "type": "module", "imports": { "#services": "./services.ts" } }'] as const;
/** The packages that the programs of the pages import beside Portico. */
const IMPORTED = ['@types', 'express', 'supertest', 'vitest'];

const pages = await readPages(ROOT);
const written = (page: Page | undefined): readonly (readonly [file: string, text: string])[] =>
  (page === undefined ? [] : blocksIn(page)).flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]]));
const readme = pages.find(({ path }) => path === 'README.md');
const shared = written(readme).filter(([file]) => SHARED.includes(file));
const folderOf = ({ path }: Page) => path.replaceAll(/\W/g, '-');
const withCode = pages.filter(page => written(page).some(([file]) => file.endsWith('.ts')));

describe('the code of the documentation', () => {
  let projects: TestProject;

  // Each page in a folder of its own, so that one run of the compiler checks them all.
  beforeAll(async () => {
    const files = withCode.flatMap(page =>
      [MANIFEST, ...shared, ...written(page)].map(([file, text]) => [`${folderOf(page)}/${file}`, text] as const),
    );
    projects = await createProject(Object.fromEntries(files));
    for (const name of IMPORTED) {
      await symlink(join(ROOT, 'node_modules', name), join(projects.dir, 'node_modules', name), 'dir');
    }
  });

  afterAll(() => projects[Symbol.asyncDispose]());

  it('names the file of each code block', () => {
    const nameless = pages.flatMap(page =>
      blocksIn(page).flatMap(({ language, file, text }: Block) =>
        CODE.has(language) && file === undefined ? [`${page.path}: ${text.slice(0, 40)}`] : [],
      ),
    );
    expect(nameless).toEqual([]);
    expect(withCode.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/getting-started.md', 'docs/routes.md', 'docs/caching.md']),
    );
  });

  it('loads, each page as a project', async () => {
    for (const page of withCode.filter(each => written(each).some(([file]) => file.startsWith('routes/')))) {
      const { routes } = await loadDefinitions(join(projects.dir, folderOf(page)));
      expect([page.path, routes.length > 0]).toEqual([page.path, true]);
      // What `portico dev` would write: pages that show a client import it.
      const rows = routes.map(({ method = 'ANY', pattern, file }) => ({ method, pattern, file }));
      await projects.write(`${folderOf(page)}/app-routes.d.ts`, appRoutesText(rows));
    }
  });

  it('has the types it shows', async () => {
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['*/**/*.ts'],
      exclude: ['node_modules'],
    };
    await projects.write('tsconfig.json', JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = spawnSync(tsc, ['--noEmit', '-p', projects.dir], { encoding: 'utf8' });
    expect(stdout).toBe('');
  }, 120_000);
});

describe('the commands of the documentation', () => {
  it('exist in the command line', async () => {
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    for (const { path, text } of pages) {
      for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g)) {
        expect([path, name, name in manifest.scripts]).toEqual([path, name, true]);
      }
      for (const [, name = ''] of text.matchAll(/npx portico (\w+)/g)) {
        expect([path, HELP_TEXT.includes(`portico ${name} `)]).toEqual([path, true]);
      }
    }
  });
});
