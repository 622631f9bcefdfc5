import { accessSync, constants, type Dirent, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { manifestPath } from '../../config-loader/package-json.ts';
import { isGatewayFile, isRouteFolder, isRouteTreeFile, type RouteTree, routeTree } from '../../config-loader/scan.ts';

/** What has to be listened to so that no change of a project goes unheard. */
export interface WatchedFiles {
  readonly folders: ReadonlySet<string>;
  /** Each file, also one that does not exist yet, with the folder that reports it. */
  readonly files: ReadonlyMap<string, string>;
  /** Routes and `_defaults.ts`, which matter by their existence. */
  readonly ofTree: ReadonlySet<string>;
  /** Files of the tree that are links: the folder of a link does not report what happens to its target. */
  readonly links: ReadonlySet<string>;
  /** Whether a name in one of the folders matters. */
  concerns(folder: string, name: string, isRename: boolean): boolean;
}

interface WatchedProject {
  readonly root: string;
  /** Files that were imported, and paths that an import looked for. */
  readonly imported: Iterable<string>;
  /** Folders of which every file matters, such as recordings. */
  readonly folders: readonly string[];
  onUnreadable(path: string, error: unknown): void;
}

/** Finds them by the rules of the loader: the tree of routes, what was imported, and package.json. */
export async function watchedFiles({ root, imported, folders, onUnreadable }: WatchedProject): Promise<WatchedFiles> {
  const unreadable: string[] = [];
  const tree = await routeTree(root, (path, error) => {
    unreadable.push(path);
    onUnreadable(path, error);
  });
  const whole = await Promise.all(folders.map(folder => everythingIn(folder)));
  const known = new Set(imported);
  const config = (await namesIn(root)).filter(isGatewayFile).map(name => join(root, name));
  const treeFiles = tree.files.filter(file => isRouteTreeFile(basename(file)));
  const ofTree = new Set([...treeFiles, ...config, ...whole.flatMap(({ files }) => files)]);
  const nearest = nearestFolders();
  const files = new Map<string, string>();
  const add = (file: string) => files.set(file, nearest(dirname(file)));
  for (const file of ofTree) add(file);
  for (const file of known) add(file);
  for (const file of linked(tree, known)) add(file);
  for (const folder of new Set([root, ...[...files.keys()].map(file => dirname(file))])) {
    const manifest = manifestPath(nearest(folder));
    if (manifest !== undefined) add(manifest);
  }
  add(join(root, 'package.json'));
  // A folder that may be read again is reported by the one above it.
  for (const path of [join(root, 'routes'), ...folders, ...unreadable]) add(path);
  // The project of a folder such as `current` changes with the link.
  if (isLink(root)) add(root);
  const wholeFolders = new Set(whole.flatMap(each => each.folders));
  const links = new Set(tree.links);
  return { ...heard({ root, tree: new Set(tree.folders), whole: wholeFolders }, files), files, ofTree, links };
}

interface Folders {
  readonly root: string;
  readonly tree: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
}

function heard(
  { root, tree, whole }: Folders,
  files: ReadonlyMap<string, string>,
): Pick<WatchedFiles, 'folders' | 'concerns'> {
  const paths = new Set<string>();
  for (const [file, folder] of files) {
    // Of a file in a folder that does not exist yet, the first folder that is missing.
    let path = file;
    while (dirname(path) !== folder && path !== dirname(path)) path = dirname(path);
    paths.add(path);
  }
  const concerns = (folder: string, name: string, isRename: boolean): boolean => {
    if (paths.has(join(folder, name)) || (folder === root && isGatewayFile(name))) return true;
    if (whole.has(folder)) return true;
    return tree.has(folder) && (isRouteTreeFile(name) || (isRename && isRouteFolder(name)));
  };
  return { folders: withParents(root, [...tree, ...whole, ...files.values()]), concerns };
}

/** A folder that is moved is reported by the one above it, so these are included, up to one that the project is in. */
function withParents(root: string, folders: Iterable<string>): ReadonlySet<string> {
  const all = new Set(folders);
  for (const each of folders) {
    let folder = each;
    while (!isWithin(root, folder) && !all.has(dirname(folder)) && isReadable(dirname(folder))) {
      folder = dirname(folder);
      all.add(folder);
    }
  }
  return all;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function isReadable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The links of the tree that matter, and what links lead to: a link itself does not change with its target. */
function linked({ links, files, folders }: RouteTree, imported: ReadonlySet<string>): readonly string[] {
  const readable = new Set([...files, ...folders]);
  return links.flatMap(link => {
    const target = targetOf(link, readable.has(link));
    const matters = readable.has(link)
      ? isRouteTreeFile(basename(link)) || imported.has(target)
      : isRouteFolder(basename(link));
    return matters ? [link, target] : [];
  });
}

function targetOf(link: string, exists: boolean): string {
  try {
    return exists ? realpathSync(link) : resolve(dirname(link), readlinkSync(link));
  } catch {
    // It was removed meanwhile.
    return link;
  }
}

async function everythingIn(
  folder: string,
): Promise<{ readonly folders: readonly string[]; readonly files: readonly string[] }> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const paths = (isWanted: (entry: Dirent) => boolean) =>
      entries.filter(isWanted).map(({ parentPath, name }) => join(parentPath, name));
    return { folders: [folder, ...paths(entry => entry.isDirectory())], files: paths(entry => entry.isFile()) };
  } catch {
    return { folders: [], files: [] };
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

/** For a folder itself, or the nearest one above it that exists. */
function nearestFolders(): (folder: string) => string {
  const known = new Map<string, string>();
  const nearest = (folder: string): string => {
    const found =
      known.get(folder) ?? (isFolder(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder)));
    known.set(folder, found);
    return found;
  };
  return nearest;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
