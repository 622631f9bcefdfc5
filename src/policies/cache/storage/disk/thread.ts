import { parentPort, workerData } from 'node:worker_threads';
import { CacheFile } from './cache-file.ts';
import type { DiskPurge, DiskThreadData, FromDisk, ToDisk } from './messages.ts';
import { fileAt, isBusy, isCorrupt, isMoved, moveAside, openDatabase } from './open.ts';

/** The interval of checks for expired entries and for the size. */
const TIDY_MS = 1_000;

/** The thread that has the file open. It exits on any unexpected error, and the tier starts another one. */
class DiskThread {
  readonly #path: string;
  readonly #inode: number | undefined;
  readonly #file: CacheFile;
  readonly #say: (message: FromDisk, transfer?: ArrayBuffer[]) => void;
  /** Purges delayed by another process; nothing is returned before they are done. */
  #purges: readonly DiskPurge[] = [];

  constructor(data: DiskThreadData, say: (message: FromDisk, transfer?: ArrayBuffer[]) => void) {
    this.#say = say;
    const { database, file, emptied } = openDatabase(data.path, data.again);
    this.#path = data.path;
    this.#inode = file;
    this.#file = new CacheFile(database, data.size, data.origin);
    say({ kind: 'opened', epoch: this.#file.epoch, emptied });
  }

  obey(message: ToDisk): void {
    if (message.kind === 'purge') this.#purges = [...this.#purges, message];
    const upToDate = this.#catchUp();
    if (message.kind === 'get') this.#get(message, upToDate);
    else if (message.kind === 'write') this.#write(message);
    else if (message.kind === 'delete') this.#attempt(() => this.#file.delete(message.key));
    else if (message.kind === 'close') this.#file.close();
  }

  /** @throws if the path now has another file, which would receive the purges of other processes. */
  stayInPlace(): void {
    if (fileAt(this.#path) !== this.#inode) throw new Error(`${this.#path} was moved or removed`);
  }

  tidy(): void {
    if (!this.#catchUp()) return;
    let more = false;
    this.#attempt(() => {
      more = this.#file.tidy(Date.now());
    });
    if (more) setImmediate(() => this.tidy());
  }

  #get({ id, key, until }: ToDisk & { kind: 'get' }, upToDate: boolean): void {
    const now = Date.now();
    let hit: ReturnType<CacheFile['get']>;
    if (upToDate && now < until) {
      this.#attempt(() => {
        hit = this.#file.get(key, now);
      });
    }
    this.#say({ kind: 'got', id, hit }, hit?.bytes.buffer instanceof ArrayBuffer ? [hit.bytes.buffer] : []);
  }

  #write({ writes }: ToDisk & { kind: 'write' }): void {
    const kept = this.#attempt(() => this.#file.write(writes, Date.now()));
    this.#say({ kind: 'written', kept, epoch: this.#file.epoch });
    this.tidy();
  }

  /** Whether every received purge is done. */
  #catchUp(): boolean {
    while (this.#purges[0] !== undefined) {
      const [next, ...later] = this.#purges;
      if (!this.#attempt(() => this.#file.purge(next))) return false;
      this.#purges = later;
      this.#say({ kind: 'purged', own: next.own, epoch: this.#file.epoch });
    }
    return true;
  }

  /** Whether it succeeded. A corrupt file ends this thread. */
  #attempt(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (isCorrupt(error)) {
        this.#file.close();
        moveAside(this.#path, this.#inode);
      }
      if (isCorrupt(error) || isMoved(error)) throw error;
      if (!isBusy(error)) this.#say({ kind: 'failed', why: String(error) });
      return false;
    }
  }
}

const port = parentPort;
if (port !== null) {
  const thread = new DiskThread(workerData, (message, transfer = []) => port.postMessage(message, transfer));
  const timer = setInterval(() => {
    thread.stayInPlace();
    thread.tidy();
  }, TIDY_MS);
  port.on('message', (message: ToDisk) => {
    thread.obey(message);
    if (message.kind !== 'close') return;
    clearInterval(timer);
    port.close();
  });
}
