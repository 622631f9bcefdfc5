import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Definitions } from '../../src/config/loaded-route.ts';
import { loadDefinitions } from '../../src/config-loader/load.ts';
import { DefinitionError } from '../../src/config-loader/problem.ts';
import { createProject, type TestProject } from '../support/project.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));

export async function fixtureNames(): Promise<readonly string[]> {
  return (await readdir(FIXTURES)).sort();
}

/** The problems of a fixture. A package cannot import `portico` from inside this repository, so it is copied first. */
export async function mistakesIn(fixture: string): Promise<DefinitionError> {
  const dir = join(FIXTURES, fixture);
  if (!existsSync(join(dir, 'package.json'))) return mistakesOf(dir);
  await using project = await copied(dir);
  return await mistakesOf(project.dir);
}

export async function mistakesOf(dir: string): Promise<DefinitionError> {
  try {
    await loadDefinitions(dir, { serves: 'production' });
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error(`nothing is wrong with ${dir}`);
}

async function copied(dir: string): Promise<TestProject> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.map(async path => [relative(dir, path), await readFile(path, 'utf8')] as const),
  );
  return createProject(Object.fromEntries(files));
}

/** The definitions of a project with these files. */
export async function load(files: Readonly<Record<string, string>>): Promise<Definitions> {
  await using project = await createProject(files);
  return await loadDefinitions(project.dir);
}

/** The codes of all problems of a project with these files. */
export async function codesOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using project = await createProject(files);
  return (await mistakesOf(project.dir)).problems.map(({ code }) => code);
}
