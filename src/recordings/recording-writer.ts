import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes files one after the other, each whole or not at all. */
export class RecordingWriter {
  readonly #folder: string;
  readonly #note: (line: string) => void;
  /** A hidden file in the folder of the other one, since a rename is atomic within one file system only. */
  readonly #part = `.${randomBytes(8).toString('hex')}.part`;
  /** The text of each file that has to be written. */
  readonly #waiting = new Map<string, () => string>();
  readonly #failed = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(folder: string, note: (line: string) => void) {
    this.#folder = folder;
    this.#note = note;
  }

  /** Files that are not written, or not as they should be. */
  get failed(): ReadonlySet<string> {
    return this.#failed;
  }

  /** Writes the first file. @throws what keeps it from being written, as of all others. */
  async begin(name: string, text: string): Promise<void> {
    await removeStaleParts(this.#folder);
    await this.#writeOne(name, text);
  }

  /** @param text is made when the file is written, so that several changes cost one. */
  write(name: string, text: () => string): void {
    this.#waiting.set(name, text);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything is written. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Responses that arrive together are written together.
    await new Promise(resolve => setImmediate(resolve));
    for (const [name, text] of this.#waiting) {
      this.#waiting.delete(name);
      try {
        await this.#writeOne(name, text());
        this.#failed.delete(name);
      } catch (error) {
        this.#failed.add(name);
        this.#note(`${name} is not written: ${error instanceof Error ? error.message : error}`);
      }
    }
    this.#writing = undefined;
  }

  async #writeOne(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before === text) return;
    await makeFolder(dirname(path));
    const whole = join(dirname(path), this.#part);
    try {
      await writeFile(whole, text);
      await rename(whole, path);
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
  }
}

/** With the option `recursive`, Node names another cause for a file system that is read-only, or never returns. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  await mkdir(path).catch(error => {
    // Another process may have made it.
    if (!existsSync(path)) throw error;
  });
}

/** Another process may be writing a younger one. */
const STALE_MS = 3_600_000;
const PART = /^\.[0-9a-f]+\.part$/;

/** Removes files that a killed process did not finish. */
async function removeStaleParts(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const parts = names.filter(name => PART.test(basename(name))).map(name => join(folder, name));
  await Promise.all(
    parts.map(async path => {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true }).catch(() => undefined);
    }),
  );
}
