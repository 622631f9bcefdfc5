import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP_TEXT } from '../../src/cli/help.ts';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { type Block, blocksIn, type Page, ROOT, readPages } from './pages.ts';

const CODE = new Set(['ts', 'html']);
/** A page shows its routes and imports the services that the README declares. */
const SHARED = ['package.json', 'services.ts'];

const pages = await readPages(ROOT);
const written = (page: Page | undefined): readonly (readonly [file: string, text: string])[] =>
  (page === undefined ? [] : blocksIn(page)).flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]]));
const readme = pages.find(({ path }) => path === 'README.md');
const shared = written(readme).filter(([file]) => SHARED.includes(file));
const withCode = pages.filter(page => written(page).some(([file]) => file.endsWith('.ts')));

describe('the code of the documentation', () => {
  let projects: readonly (readonly [page: string, project: TestProject])[] = [];

  beforeAll(async () => {
    projects = await Promise.all(
      withCode.map(
        async page => [page.path, await createProject(Object.fromEntries([...shared, ...written(page)]))] as const,
      ),
    );
  });

  afterAll(async () => {
    for (const [, project] of projects) await project[Symbol.asyncDispose]();
  });

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
    for (const [page, project] of projects) {
      const isLoaded = written(pages.find(({ path }) => path === page)).some(([file]) => file.startsWith('routes/'));
      if (!isLoaded) continue;
      const { routes } = await loadDefinitions(project.dir);
      expect([page, routes.length > 0]).toEqual([page, true]);
    }
  });

  it('has the types it shows', async () => {
    for (const [, project] of projects) {
      const config = {
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
        include: ['routes/**/*.ts', '*.ts'],
        // The app imports express, which only a real project installs.
        exclude: ['app.ts', 'vitest.config.ts'],
      };
      await project.write('tsconfig.json', JSON.stringify(config));
    }
    const failed = projects.flatMap(([page, { dir }]) => {
      const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', dir], { encoding: 'utf8' });
      return stdout === '' ? [] : [`${page}: ${stdout}`];
    });
    expect(failed).toEqual([]);
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
