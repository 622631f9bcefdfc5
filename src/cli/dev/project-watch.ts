import { EventEmitter } from 'node:events';
import { dirname, resolve } from 'node:path';
import { ProjectError } from '../../config-loader/project-error.ts';
import type { ImportedFiles } from '../../workers/module-recorder.ts';
import { type FileChange, FileStates } from './file-states.ts';
import { FolderWatches } from './folder-watches.ts';
import { type WatchedFiles, watchedFiles } from './watched-files.ts';

/** Saving a file causes several events, and an editor may write in two steps. */
const QUIET_MS = 50;
/** Events that do not end are looked at in between. */
const MAX_QUIET_MS = 500;
/** While a project loads, each look would find some more imports. */
const LOADING_MS = 1_000;
/** File systems note times by a clock that ticks this slowly. */
const CLOCK_TICK_MS = 20;
const POLL_MS = 1_000;
/** Polling takes at most this part of the time. */
const POLL_SHARE = 0.1;

interface WatchEvents {
  change: [changes: readonly FileChange[]];
  /** Part of the project cannot be watched. */
  trouble: [message: string];
  /** A look at the files has ended, with or without a change. */
  looked: [];
}

export interface ProjectWatchOptions {
  /** Whether folders are polled instead of watched. Default false. */
  readonly poll?: boolean;
  /** Paths of further files, which may not exist. */
  readonly files?: readonly string[];
  /** Folders of which every file matters; they may not exist either. */
  readonly folders?: readonly string[];
}

/**
 * Emits when a file of a project was saved, added or removed. An event of the system only says where to look: what
 * changed follows from the files themselves, so that no order of events is missed. Listeners are added before `start`.
 */
export class ProjectWatch extends EventEmitter<WatchEvents> {
  readonly #root: string;
  readonly #extra: readonly string[];
  readonly #extraFolders: readonly string[];
  readonly #states = new FileStates();
  readonly #folders: FolderWatches;
  readonly #dirty = new Set<string>();
  readonly #said = new Set<string>();
  #watched: WatchedFiles | undefined;
  #imported: ReadonlySet<string> = new Set();
  /** Imported by the load that is under way, or since the last one. */
  #importing = new Set<string>();
  #loadBeganAt = 0;
  /** The first load follows the start. */
  #isLoading = true;
  #heardAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(dir: string, { poll = false, files = [], folders = [] }: ProjectWatchOptions = {}) {
    super();
    this.#root = resolve(dir);
    this.#extra = files.map(file => resolve(this.#root, file));
    this.#extraFolders = folders.map(folder => resolve(this.#root, folder));
    const trouble = (message: string) => this.emit('trouble', message);
    const heard = (folder: string, name: string | undefined, isRename: boolean) => this.#heard(folder, name, isRename);
    this.#folders = new FolderWatches({ heard, trouble }, { poll });
  }

  /** Watches from the moment this resolves. */
  async start(): Promise<void> {
    await this.#look();
  }

  /** A worker has imported files. */
  add({ files, missing }: ImportedFiles): void {
    for (const file of [...files, ...missing]) this.#importing.add(file);
    this.#schedule(this.#isLoading ? LOADING_MS : QUIET_MS);
  }

  loadBegins(): void {
    this.#loadBeganAt = Date.now() - CLOCK_TICK_MS;
    this.#isLoading = true;
    this.#importing = new Set();
  }

  /** @param serves whether the load was a success; otherwise the files of the one before still matter, too. */
  loadEnded(serves: boolean): void {
    this.#isLoading = false;
    this.#imported = serves ? this.#importing : new Set([...this.#imported, ...this.#importing]);
    this.#importing = new Set();
    this.#schedule(0);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#folders.close();
  }

  #heard(folder: string, name: string | undefined, isRename: boolean): void {
    if (name !== undefined) {
      // The folder of that name is another one now, or gone.
      const wasListening = isRename && this.#folders.leave(resolve(folder, name));
      if (!wasListening && this.#watched?.concerns(folder, name, isRename) === false) return;
    }
    this.#dirty.add(folder);
    this.#heardAt ??= Date.now();
    const isLate = Date.now() - this.#heardAt > MAX_QUIET_MS;
    if (!isLate) this.#dueAt = Number.POSITIVE_INFINITY;
    this.#schedule(QUIET_MS);
  }

  /** Looks in that time, or earlier if that was planned. */
  #schedule(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#isClosed || dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#looking = (this.#looking ?? Promise.resolve())
        .then(() => this.#look())
        .catch(error => this.#unreadable(this.#root, error));
    }, ms);
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    const began = performance.now();
    const heardAt = this.#heardAt ?? Date.now();
    this.#heardAt = undefined;
    const { watched, dirty } = await this.#listen();
    if (this.#isClosed) return;
    const changes = await this.#changes(watched, dirty, heardAt);
    if (changes.length > 0) this.emit('change', changes);
    if (!this.#isLoading) await this.#states.read();
    this.emit('looked');
    if (this.#folders.polled.size > 0) this.#poll(performance.now() - began);
  }

  #poll(lookMs: number): void {
    for (const folder of this.#folders.polled) this.#dirty.add(folder);
    this.#schedule(Math.max(POLL_MS, lookMs / POLL_SHARE));
  }

  /** Listens to the folders that matter now. A folder may get files before it is listened to, so it is read again. */
  async #listen(): Promise<{ readonly watched: WatchedFiles; readonly dirty: ReadonlySet<string> }> {
    const dirty = new Set<string>();
    for (;;) {
      const watched = await watchedFiles({
        root: this.#root,
        imported: [...this.#extra, ...this.#imported, ...this.#importing],
        folders: this.#extraFolders,
        onUnreadable: (path, error) => this.#unreadable(path, error),
      });
      if (this.#isClosed) return { watched, dirty };
      const fresh = this.#folders.set(watched.folders);
      for (const folder of [...fresh, ...this.#dirty]) dirty.add(folder);
      this.#dirty.clear();
      if (fresh.length === 0) return { watched, dirty };
    }
  }

  async #changes(watched: WatchedFiles, dirty: ReadonlySet<string>, heardAt: number): Promise<readonly FileChange[]> {
    const before = this.#watched;
    this.#watched = watched;
    const gone = this.#states.files().filter(file => !watched.files.has(file));
    const removed = gone.filter(file => this.#states.forget(file) && before?.ofTree.has(file));
    const unknown = new Set([...watched.files.keys()].filter(file => !this.#states.has(file)));
    const looked = [...watched.files].filter(
      ([file, folder]) =>
        unknown.has(file) ||
        watched.links.has(file) ||
        dirty.has(folder) ||
        dirty.has(dirname(file)) ||
        before?.files.get(file) !== folder,
    );
    const found = await this.#states.look(
      looked.map(([file]) => file),
      heardAt,
    );
    const isNews = ({ file, at, exists }: FileChange & { readonly exists: boolean }): boolean => {
      if (!unknown.has(file)) return true;
      if (before === undefined || !exists) return false;
      // What a load has read, it may have read before the change.
      return (watched.ofTree.has(file) && !before.files.has(file)) || at >= this.#loadBeganAt;
    };
    return [...removed.map(file => ({ file, at: heardAt })), ...found.filter(isNews)];
  }

  #unreadable(path: string, error: unknown): void {
    // The load that follows says it, and says what is missing.
    if (
      this.#watched === undefined ||
      error instanceof ProjectError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    )
      return;
    if (this.#said.has(path)) return;
    this.#said.add(path);
    const reason = error instanceof Error ? error.message : String(error);
    this.emit('trouble', `changes in ${path} go unheard: ${reason}`);
  }
}
