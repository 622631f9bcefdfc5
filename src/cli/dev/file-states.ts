import { hash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';

/** A file that was saved, added or removed. */
export interface FileChange {
  readonly file: string;
  /** When, as Unix time in ms. */
  readonly at: number;
}

interface FileState {
  /** Undefined for a file that does not exist. */
  readonly stamp: string | undefined;
  readonly changedAtMs: number;
  /** Of the content, once it was read. */
  readonly digest?: string | undefined;
}

/** Few enough that thousands of files do not wait in memory at once. */
const AT_ONCE = 32;

/** What is known of each watched file, so that a save of the same content is no change. */
export class FileStates {
  readonly #states = new Map<string, FileState>();

  has(file: string): boolean {
    return this.#states.has(file);
  }

  files(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** @returns whether it existed. */
  forget(file: string): boolean {
    const existed = this.#states.get(file)?.stamp !== undefined;
    this.#states.delete(file);
    return existed;
  }

  /** Looks at files, of which some may be unknown so far. @returns their states that changed; all of unknown files. */
  async look(files: readonly string[], now: number): Promise<readonly (FileChange & { readonly exists: boolean })[]> {
    const changes = await inTurns(files, async file => {
      const before = this.#states.get(file);
      const after = await stateOf(file);
      if (before !== undefined && before.stamp === after.stamp) return undefined;
      const digest = before?.digest === undefined ? undefined : await digestOf(file);
      this.#states.set(file, { ...after, digest });
      if (digest !== undefined && digest === before?.digest) return undefined;
      const exists = after.stamp !== undefined;
      return { file, exists, at: exists ? Math.min(after.changedAtMs, now) : now };
    });
    return changes.filter(change => change !== undefined);
  }

  /** Reads the content of the files that have not been read, unless they have changed meanwhile. */
  async read(): Promise<void> {
    const unread = [...this.#states].filter(([, { stamp, digest }]) => stamp !== undefined && digest === undefined);
    await inTurns(unread, async ([file, state]) => {
      const digest = await digestOf(file);
      const { stamp } = await stateOf(file);
      if (this.#states.get(file) === state && stamp === state.stamp) this.#states.set(file, { ...state, digest });
    });
  }
}

async function stateOf(file: string): Promise<FileState> {
  try {
    const found = await stat(file, { bigint: true });
    // The times of a folder change with each file in it. A link may lead to another one.
    if (found.isDirectory()) return { stamp: `folder ${await realpath(file)}`, changedAtMs: Number(found.birthtimeMs) };
    const stamp = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
    return { stamp, changedAtMs: Number(found.ctimeMs) };
  } catch {
    return { stamp: undefined, changedAtMs: 0 };
  }
}

async function digestOf(file: string): Promise<string | undefined> {
  try {
    return hash('sha1', await readFile(file));
  } catch {
    return undefined;
  }
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.values();
  const turn = async () => {
    for (const item of waiting) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
  return results;
}
