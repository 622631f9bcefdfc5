import { type FSWatcher, watch } from 'node:fs';
import { basename, sep } from 'node:path';

export interface FolderEvents {
  /**
   * Something happened to a name in a folder.
   * @param name undefined if the system does not say.
   * @param isRename whether the name is new, gone or another file, which may be a folder.
   */
  heard(folder: string, name: string | undefined, isRename: boolean): void;
  /** A folder cannot be listened to, so it is polled. */
  trouble(message: string): void;
}

/** Names the limit that a person can raise; the system says "no space" and "too many open files". */
const LIMITS: Readonly<Record<string, string>> = {
  ENOSPC: 'the limit of watched folders, fs.inotify.max_user_watches, is reached',
  EMFILE: 'the limit of watching processes, fs.inotify.max_user_instances, or of open files (ulimit -n) is reached',
  ENFILE: 'the limit of open files of this computer, fs.file-max, is reached',
};

/**
 * Listens to folders, with one watch of the system for each. A watch belongs to a folder and not to its name, so it is
 * renewed when the name gets another folder. What cannot be watched is polled by the owner of this.
 */
export class FolderWatches {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #polled = new Set<string>();
  readonly #said = new Set<string>();
  readonly #pollsAll: boolean;
  readonly #events: FolderEvents;

  constructor(events: FolderEvents, { poll }: { readonly poll: boolean }) {
    this.#events = events;
    this.#pollsAll = poll;
  }

  get polled(): ReadonlySet<string> {
    return this.#polled;
  }

  /** Listens to exactly these folders. @returns those that are new. */
  set(folders: ReadonlySet<string>): readonly string[] {
    for (const folder of [...this.#watchers.keys(), ...this.#polled]) if (!folders.has(folder)) this.#end(folder);
    const fresh = [...folders].filter(folder => !this.#watchers.has(folder) && !this.#polled.has(folder));
    for (const folder of fresh) this.#begin(folder);
    return fresh;
  }

  /** Ends what listens at or below a path, so that the next `set` listens anew. @returns whether anything did. */
  leave(path: string): boolean {
    const below = [...this.#watchers.keys(), ...this.#polled].filter(
      folder => folder === path || folder.startsWith(path + sep),
    );
    for (const folder of below) this.#end(folder);
    return below.length > 0;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#polled.clear();
  }

  #begin(folder: string): void {
    if (this.#pollsAll) {
      this.#polled.add(folder);
      return;
    }
    try {
      const watcher = watch(folder, (event, name) => this.#heard(folder, event, name));
      watcher.on('error', () => this.#replaced(folder));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#polled.add(folder);
      this.#say(folder, error);
    }
  }

  #heard(folder: string, event: string, name: string | null): void {
    const isRename = event === 'rename';
    // A folder that is moved or removed is reported under its own name.
    if (isRename && name === basename(folder)) this.#replaced(folder);
    this.#events.heard(folder, name ?? undefined, isRename);
  }

  #replaced(folder: string): void {
    if (this.leave(folder)) this.#events.heard(folder, undefined, true);
  }

  #end(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#polled.delete(folder);
  }

  #say(folder: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // It was removed meanwhile, which is heard from the folder above it.
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    const limit = LIMITS[code];
    const key = limit === undefined ? folder : code;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const reason = limit ?? `it cannot be watched (${error instanceof Error ? error.message : String(error)})`;
    const remedy = limit === undefined ? '' : '; raise the limit with sysctl to hear of changes at once';
    this.#events.trouble(`${folder}${limit === undefined ? '' : ' and others'} are polled: ${reason}${remedy}`);
  }
}
