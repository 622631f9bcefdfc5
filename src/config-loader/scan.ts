import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { NoRoutesError, ProjectError, unreadable } from './project-error.ts';

/** The files of a project: sorted, relative to its folder, with forward slashes. */
export interface ProjectFiles {
  readonly routes: readonly string[];
  /** `_defaults.ts` in any folder. */
  readonly defaults: readonly string[];
  /** `routes/_matchers.ts`. */
  readonly matchers: readonly string[];
  /** `portico.config.ts`. */
  readonly config: readonly string[];
  /** Route-like files in a format that Node cannot import. */
  readonly foreign: readonly string[];
}

const CODE = /\.m?[jt]s$/;
const FOREIGN = /\.(?:[jt]sx|c[jt]s)$/;
const NEVER = /\.(?:test|spec|bench)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$/;
const DEFAULTS = /(?:^|\/)_defaults\.m?[jt]s$/;
const MATCHERS = /^routes\/_matchers\.m?[jt]s$/;
const CONFIG = /^portico\.config\.m?[jt]s$/;

/** @throws ProjectError if the folder is no project or has no route. */
export async function scan(root: string): Promise<ProjectFiles> {
  const top = await list(root, `no folder ${root}; give the project's folder, the one with routes/ in it`);
  if (!top.some(({ name }) => name === 'routes')) {
    throw new NoRoutesError(`no routes/ in ${root}; ${await routesElsewhere(root)}`);
  }
  const found = await walk(join(root, 'routes'), []);
  const files = found.map(path => relative(root, path).split(sep).join('/')).sort();
  const visible = files.filter(file => !baseName(file).startsWith('_') && !NEVER.test(file));
  const routes = visible.filter(file => CODE.test(file));
  const foreign = visible.filter(file => FOREIGN.test(file));
  if (routes.length + foreign.length === 0) {
    throw new NoRoutesError(`no routes in ${join(root, 'routes')}; add routes/hello.get.ts`);
  }
  return {
    routes,
    foreign,
    defaults: files.filter(file => DEFAULTS.test(file)),
    matchers: files.filter(file => MATCHERS.test(file)),
    config: top.map(entry => entry.name).filter(name => CONFIG.test(name)),
  };
}

/** Page frameworks keep their routes below `src`; here the folder is beside package.json. */
async function routesElsewhere(root: string): Promise<string> {
  const isThere = await stat(join(root, 'src', 'routes')).then(
    found => found.isDirectory(),
    () => false,
  );
  return isThere ? 'move src/routes to routes, or give --dir src' : 'add routes/hello.get.ts';
}

async function walk(folder: string, parents: readonly string[]): Promise<readonly string[]> {
  const real = await realpath(folder);
  // A link to one of its own parents would recurse for ever.
  if (parents.includes(real)) return [];
  const entries = await list(folder, `no folder ${folder}`);
  const nested = entries
    .filter(entry => isVisible(entry.name))
    .map(async entry => {
      const path = join(folder, entry.name);
      if (!(await isFolder(entry, path))) return [path];
      return entry.name.startsWith('_') ? [] : walk(path, [...parents, real]);
    });
  return (await Promise.all(nested)).flat();
}

/** Editors and systems create dot files anywhere; `.well-known` is part of a URL (RFC 8615). */
function isVisible(name: string): boolean {
  return !name.startsWith('.') || name === '.well-known';
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function list(folder: string, missing: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new ProjectError(missing, { cause: error });
    throw unreadable(folder, error);
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
