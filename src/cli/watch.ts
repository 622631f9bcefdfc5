import { EventEmitter } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { INDEX_FILE } from './app-routes.ts';

/** Saving a file causes several events, and an editor may write in two steps. */
const QUIET_MS = 50;

const NEVER: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage']);
/** Files that a route can import; other files in the folder cause no reload. */
const SOURCE = /\.(?:[cm]?[jt]s|json)$/;

interface WatchEvents {
  change: [];
  /** Part of the project is not watched. */
  trouble: [message: string];
}

/**
 * Emits when a file of a project was saved, added or removed. One watch per folder, because a recursive one would
 * include node_modules.
 */
export class ProjectWatch extends EventEmitter<WatchEvents> {
  readonly #folders = new Map<string, FSWatcher>();
  #quiet: NodeJS.Timeout | undefined;

  /** Watches from the moment this resolves. */
  static async of(dir: string): Promise<ProjectWatch> {
    const project = new ProjectWatch();
    await project.#follow(dir);
    return project;
  }

  close(): void {
    clearTimeout(this.#quiet);
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  async #follow(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    try {
      const watcher = watch(folder, (event, name) => void this.#heard(folder, event, name));
      watcher.on('error', () => this.#leave(folder));
      this.#folders.set(folder, watcher);
      const entries = await readdir(folder, { withFileTypes: true });
      const inner = entries.filter(entry => entry.isDirectory() && isWatched(entry.name));
      await Promise.all(inner.map(({ name }) => this.#follow(join(folder, name))));
    } catch (error) {
      // A folder may be removed before it is read.
      if (isMissing(error)) this.#leave(folder);
      else this.emit('trouble', `changes in ${folder} go unseen: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #heard(folder: string, event: string, name: string | null): Promise<void> {
    if (name === INDEX_FILE) return;
    if (name === null || SOURCE.test(name)) {
      this.#changed();
      return;
    }
    const path = join(folder, name);
    if (event !== 'rename' || !isWatched(name)) return;
    if (await isFolder(path)) await this.#follow(path);
    else if (!this.#leave(path)) return;
    this.#changed();
  }

  /** @returns whether it was watched. */
  #leave(folder: string): boolean {
    const below = [...this.#folders.keys()].filter(each => each === folder || each.startsWith(folder + sep));
    for (const each of below) {
      this.#folders.get(each)?.close();
      this.#folders.delete(each);
    }
    return below.length > 0;
  }

  #changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.emit('change'), QUIET_MS);
  }
}

function isWatched(name: string): boolean {
  return !NEVER.has(name) && (!name.startsWith('.') || name === '.well-known');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
