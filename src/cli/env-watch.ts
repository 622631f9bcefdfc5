import { type FSWatcher, watch } from 'node:fs';

/** Saving a file causes several events, and an editor may write in two steps. */
const QUIET_MS = 50;

interface EnvWatchEvents {
  /** One of the files was saved, added or removed. */
  changed(): void;
  /** The files are not watched. */
  trouble(message: string): void;
}

/** Watches the named files of a folder, which need not exist. */
export class EnvWatch {
  readonly #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;

  constructor(dir: string, names: readonly string[], { changed, trouble }: EnvWatchEvents) {
    try {
      this.#watcher = watch(dir, (_event, name) => {
        if (name !== null && !names.includes(name)) return;
        clearTimeout(this.#quiet);
        this.#quiet = setTimeout(changed, QUIET_MS);
      });
    } catch (error) {
      // A missing folder is reported by those who load its files.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      trouble(`changes of .env files go unseen: ${error instanceof Error ? error.message : error}`);
    }
    this.#watcher?.on('error', () => this.close());
  }

  close(): void {
    clearTimeout(this.#quiet);
    this.#watcher?.close();
  }
}
