import { type FSWatcher, watch } from 'node:fs';

/** Saving a file causes several events, and an editor may write in two steps. */
const QUIET_MS = 50;

/** Calls back when one of the named files of a folder was saved, added or removed; the files need not exist. */
export class EnvWatch {
  readonly #watcher: FSWatcher;
  #quiet: NodeJS.Timeout | undefined;

  constructor(dir: string, names: readonly string[], changed: () => void) {
    this.#watcher = watch(dir, (_event, name) => {
      if (name !== null && !names.includes(name)) return;
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(changed, QUIET_MS);
    });
    // A folder that is removed is reported by those who load its files.
    this.#watcher.on('error', () => this.close());
  }

  close(): void {
    clearTimeout(this.#quiet);
    this.#watcher.close();
  }
}
