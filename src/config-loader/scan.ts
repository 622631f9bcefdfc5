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
  const found = await routeTree(root, endWalk);
  const files = found.files.map(path => relative(root, path).split(sep).join('/')).sort();
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

/** The folders and files below `routes/` that can matter to the routes, as absolute paths. */
export interface RouteTree {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Those of both that are symbolic links; one that leads nowhere is in neither list. */
  readonly links: readonly string[];
}

/** Receives a folder or a link that cannot be read; the tree goes on without it if this returns. */
type OnUnreadable = (path: string, error: unknown) => void;

/** @param onUnreadable may throw to end the walk. */
export async function routeTree(root: string, onUnreadable: OnUnreadable): Promise<RouteTree> {
  const tree = { folders: [], files: [], links: [] };
  await walk(join(root, 'routes'), { parents: [], tree, onUnreadable });
  return tree;
}

interface TreeWalk {
  readonly parents: readonly string[];
  readonly tree: { readonly [Kind in keyof RouteTree]: string[] };
  readonly onUnreadable: OnUnreadable;
}

async function walk(folder: string, { parents, tree, onUnreadable }: TreeWalk): Promise<void> {
  const read = await entriesOf(folder, onUnreadable);
  // A link to one of its own parents would recurse for ever.
  if (read === undefined || parents.includes(read.real)) return;
  tree.folders.push(folder);
  const nested = read.entries
    .filter(entry => isVisible(entry.name))
    .map(async entry => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) tree.links.push(path);
      const kind = await kindOf(entry, path, onUnreadable);
      if (kind === 'file') tree.files.push(path);
      else if (kind === 'folder' && isRouteFolder(entry.name)) {
        await walk(path, { parents: [...parents, read.real], tree, onUnreadable });
      }
    });
  await Promise.all(nested);
}

async function entriesOf(folder: string, onUnreadable: OnUnreadable) {
  try {
    return { real: await realpath(folder), entries: await readdir(folder, { withFileTypes: true }) };
  } catch (error) {
    onUnreadable(folder, missingFolder(error, `no folder ${folder}`) ?? error);
    return undefined;
  }
}

/** Editors and systems create dot files anywhere; `.well-known` is part of a URL (RFC 8615). */
function isVisible(name: string): boolean {
  return !name.startsWith('.') || name === '.well-known';
}

/** Whether a folder of this name below `routes/` has routes. */
export function isRouteFolder(name: string): boolean {
  return isVisible(name) && !name.startsWith('_');
}

/** Whether a file of this name below `routes/` is a route or sets options of routes. */
export function isRouteTreeFile(name: string): boolean {
  if (!isVisible(name) || NEVER.test(name)) return false;
  if (name.startsWith('_')) return DEFAULTS.test(name) || /^_matchers\.m?[jt]s$/.test(name);
  return CODE.test(name) || FOREIGN.test(name);
}

/** Whether a file of this name in the project's folder has the options of the gateway. */
export function isGatewayFile(name: string): boolean {
  return CONFIG.test(name);
}

async function kindOf(entry: Dirent, path: string, onUnreadable: OnUnreadable): Promise<'file' | 'folder' | undefined> {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? 'folder' : 'file';
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    onUnreadable(path, error);
    return undefined;
  }
}

function endWalk(path: string, error: unknown): never {
  throw error instanceof ProjectError ? error : unreadable(path, error);
}

function missingFolder(error: unknown, message: string): ProjectError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' ? new ProjectError(message, { cause: error }) : undefined;
}

async function list(folder: string, missing: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw missingFolder(error, missing) ?? unreadable(folder, error);
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
