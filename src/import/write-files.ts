import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unwritable } from '../config-loader/project-error.ts';

/** A file of a project. */
export interface PlannedFile {
  /** Relative to the project's folder. */
  readonly file: string;
  readonly text: string;
  /** Whether a file of this name is replaced; any other may not exist yet. */
  readonly replaces: boolean;
}

type Undo = () => Promise<unknown>;

/**
 * Writes all files or none: first all texts beside their places, then the names. After a failure everything that was
 * made is removed, folders too.
 * @throws ProjectError with the file and the reason of the file system.
 */
export async function writeFiles(dir: string, files: readonly PlannedFile[]): Promise<void> {
  const undo: Undo[] = [];
  const drafts: string[] = [];
  let current = dir;
  try {
    const places: (readonly [draft: string, path: string, planned: PlannedFile])[] = [];
    for (const planned of files) {
      current = planned.file;
      const path = await placeOf(dir, planned);
      await makeFolder(dirname(path), undo);
      // Not longer than the name of the file may be.
      const draft = join(dirname(path), `${randomUUID()}.tmp`);
      drafts.push(draft);
      await writeFile(draft, planned.text);
      places.push([draft, path, planned]);
    }
    for (const [draft, path, { file, replaces }] of places) {
      current = file;
      await (replaces ? replace(draft, path, undo) : add(draft, path, undo));
    }
  } catch (error) {
    const removals = drafts.map(draft => () => rm(draft, { force: true }));
    // What cannot be undone must not keep the rest from it, nor hide the first failure.
    for (const each of [...removals, ...undo.reverse()]) await each().catch(() => undefined);
    throw unwritable(current, error);
  }
  for (const draft of drafts) await rm(draft, { force: true });
}

/** A link stays a link: what it leads to is replaced. */
async function placeOf(dir: string, { file, replaces }: PlannedFile): Promise<string> {
  const path = join(dir, file);
  return replaces ? realpath(path) : path;
}

/** Each folder by itself, so that those above one that fails are known. */
async function makeFolder(folder: string, undo: Undo[]): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || folder === dirname(folder)) throw error;
    await makeFolder(dirname(folder), undo);
    return makeFolder(folder, undo);
  }
  // A folder in which somebody else has put something stays.
  undo.push(() => rmdir(folder));
}

// Unlike a new name for a file, a link fails if the name has been taken meanwhile.
async function add(draft: string, path: string, undo: Undo[]): Promise<void> {
  await link(draft, path);
  undo.push(() => rm(path, { force: true }));
}

async function replace(draft: string, path: string, undo: Undo[]): Promise<void> {
  const [before, { mode }] = [await readFile(path), await stat(path)];
  await chmod(draft, mode);
  await rename(draft, path);
  undo.push(() => writeFile(path, before, { mode }));
}
