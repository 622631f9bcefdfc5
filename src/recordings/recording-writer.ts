import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes files one after the other, each whole or not at all. */
export class RecordingWriter {
  readonly #folder: string;
  readonly #failed: (line: string) => void;
  /** The text of each file that has to be written. */
  readonly #waiting = new Map<string, () => string>();
  #writing: Promise<void> | undefined;
  #tidied: Promise<void> | undefined;

  constructor(folder: string, failed: (line: string) => void) {
    this.#folder = folder;
    this.#failed = failed;
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
    this.#tidied ??= removeParts(this.#folder);
    await this.#tidied;
    // Responses that arrive together are written together.
    await new Promise(resolve => setImmediate(resolve));
    for (const [name, text] of this.#waiting) {
      this.#waiting.delete(name);
      await this.#writeOne(name, text()).catch(error => {
        this.#failed(`${name} is not written: ${error instanceof Error ? error.message : error}`);
      });
    }
    this.#writing = undefined;
  }

  async #writeOne(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name);
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before === text) return;
    await mkdir(dirname(path), { recursive: true });
    // A hidden file in the same folder, since a rename is atomic within one file system only.
    const whole = join(dirname(path), `.${process.pid}.part`);
    try {
      await writeFile(whole, text);
      await rename(whole, path);
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
  }
}

/** Files that a killed process did not finish. */
async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const parts = names.filter(name => PART.test(basename(name)));
  await Promise.all(parts.map(name => rm(join(folder, name), { force: true })));
}

const PART = /^\.\d+\.part$/;
