import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { BackOff } from '../../../../core/back-off.ts';
import type { CacheTier, TierHit, TierListener, TierRecord } from '../../../../core/ports/cache-tier.ts';
import { type Clock, systemClock, type Timer } from '../../../../core/ports/clock.ts';
import { EVERYTHING, type Purge } from '../../../../core/purge.ts';
import { HalfOpenGate } from '../half-open-gate.ts';
import { PurgeClock, type PurgePosition } from '../purge-clock.ts';
import { WriteQueue } from '../write-queue.ts';
import type { DiskPurge, DiskThreadData, FromDisk, ToDisk } from './messages.ts';

const GET_MS = 100;
const CLOSE_MS = 2_000;
/** Maximum of bytes that wait for a slow disk. */
const QUEUE_BYTES = 32 * 1024 ** 2;
/** The size of a write batch, which limits the wait of the next read. */
const BATCH_BYTES = 1024 ** 2;
const BATCH = 64;
/** Maximum of purges that wait for the file to open; beyond it, everything is purged. */
const MAX_PURGES = 10_000;
const MAX_FAILURES = 5;
const REST_MS = 5_000;

export interface DiskOptions {
  readonly path: string;
  /** Maximum size of the file in bytes. */
  readonly size: number;
  readonly listener: TierListener;
  readonly clock?: Clock;
}

interface PendingRead {
  readonly settle: (hit: TierHit | undefined) => void;
  readonly timer: Timer;
}

interface PendingWrite {
  readonly record: TierRecord;
  readonly position: PurgePosition;
  readonly expiresAt: number;
  readonly bytes: number;
}

/**
 * Stored responses in a file that outlives the process and that several processes may share. SQLite runs in a thread of
 * its own. Purges overtake queued writes: the purge position of a write shows whether its request is older.
 */
export class DiskTier implements CacheTier {
  readonly name = 'disk';
  readonly #opening = Promise.withResolvers<void>();
  readonly #options: DiskOptions;
  readonly #clock: Clock;
  readonly #origin = randomUUID();
  readonly #purgeClock = new PurgeClock();
  readonly #probation = new HalfOpenGate(MAX_FAILURES, REST_MS);
  readonly #backOff = new BackOff();
  readonly #queue = new WriteQueue<PendingWrite>(QUEUE_BYTES);
  readonly #waiting = new Map<number, PendingRead>();
  /** Purges that may not be in the file yet; a new thread after a crash receives them first. */
  readonly #purges = new Map<number, DiskPurge>();
  #thread: Worker | undefined;
  #state: 'starting' | 'open' | 'gone' | 'closed' = 'starting';
  #lastState: 'back' | 'lost' = 'back';
  #started = false;
  #restart: Timer | undefined;
  #position = 0;
  #writing = false;
  #flushed: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#start();
  }

  /** Resolves when the file is usable, or could not be opened the first time. */
  get opening(): Promise<void> {
    return this.#opening.promise;
  }

  purgePosition(): number {
    return this.#purgeClock.now();
  }

  get(key: string): Promise<TierHit | undefined> {
    const now = this.#clock.now();
    if (this.#thread === undefined || !this.#probation.mayAsk(now)) return Promise.resolve(undefined);
    return new Promise(resolve => {
      const id = ++this.#position;
      const timer = this.#clock.after(GET_MS, () => {
        // A starting thread may take longer.
        if (this.#state === 'open') this.#probation.failed(this.#clock.now());
        this.#settle(id, undefined);
      });
      this.#waiting.set(id, { settle: resolve, timer });
      this.#post({ kind: 'get', id, key, until: Date.now() + GET_MS });
    });
  }

  set(key: string, record: TierRecord, keepForMs: number): void {
    const position = this.#purgeClock.at(record.purgePosition);
    this.#queue.delete(key);
    if (position === undefined || keepForMs <= 0 || this.#state === 'closed') return;
    const expiresAt = Date.now() + keepForMs;
    this.#queue.add(key, { record, position, expiresAt, bytes: record.bytes.length + key.length });
    this.#flush();
  }

  delete(key: string): void {
    this.#queue.delete(key);
    this.#post({ kind: 'delete', key });
  }

  purge(purge: Purge): void {
    const own = { purge, own: this.#purgeClock.purged() };
    this.#purges.set(own.own, own);
    if (this.#purges.size > MAX_PURGES) {
      this.#purges.clear();
      this.#purges.set(own.own, { purge: { kind: 'hard', targets: [EVERYTHING] }, own: own.own });
    }
    this.#post({ kind: 'purge', ...own });
  }

  close(): Promise<void> {
    this.#closed ??= this.#leave();
    return this.#closed;
  }

  async #leave(): Promise<void> {
    this.#restart?.cancel();
    if (this.#thread !== undefined) {
      await this.#within(CLOSE_MS, resolve => {
        this.#flushed = resolve;
        this.#flush();
      });
    }
    this.#state = 'closed';
    this.#queue.clear();
    const thread = this.#thread;
    if (thread === undefined) return;
    await this.#within(CLOSE_MS, resolve => {
      thread.once('exit', resolve);
      this.#post({ kind: 'close' });
    });
    await thread.terminate();
  }

  #start(): void {
    const data: DiskThreadData = {
      path: this.#options.path,
      size: this.#options.size,
      origin: this.#origin,
      again: this.#started,
    };
    const thread = new Worker(THREAD, { workerData: data });
    this.#thread = thread;
    this.#state = 'starting';
    thread.on('message', (message: FromDisk) => this.#hear(message));
    let why = 'its thread ended';
    thread.on('error', error => {
      why = String(error);
    });
    thread.on('exit', () => this.#ended(why));
    for (const purge of this.#purges.values()) this.#post({ kind: 'purge', ...purge });
  }

  #hear(message: FromDisk): void {
    if (message.kind === 'opened') this.#opened(message);
    else if (message.kind === 'got') this.#got(message);
    else if (message.kind === 'written') this.#written(message);
    else if (message.kind === 'failed') this.#tell('lost', message.why);
    else if (message.kind === 'purged') {
      this.#purges.delete(message.own);
      this.#purgeClock.heard(message.epoch);
    }
  }

  #opened({ epoch, emptied }: FromDisk & { kind: 'opened' }): void {
    this.#state = 'open';
    this.#started = true;
    // All callers have their results, so a process without other work may exit.
    this.#thread?.unref();
    this.#opening.resolve();
    this.#purgeClock.heard(epoch);
    if (emptied !== undefined) this.#tell('emptied', emptied);
    this.#tell('back', `${this.#options.path} is open`);
    this.#flush();
  }

  #got({ id, hit }: FromDisk & { kind: 'got' }): void {
    this.#probation.succeeded();
    if (hit === undefined) this.#settle(id, undefined);
    else {
      const { buffer, byteOffset, length } = hit.bytes;
      this.#settle(id, { bytes: Buffer.from(buffer, byteOffset, length), soft: hit.soft });
    }
  }

  #written({ kept, epoch }: FromDisk & { kind: 'written' }): void {
    this.#writing = false;
    if (kept) this.#tell('back', `${this.#options.path} takes responses`);
    this.#purgeClock.heard(epoch);
    this.#flush();
  }

  #ended(why: string): void {
    this.#thread = undefined;
    this.#writing = false;
    this.#opening.resolve();
    for (const id of this.#waiting.keys()) this.#settle(id, undefined);
    this.#flushed?.();
    if (this.#state === 'closed') return;
    this.#state = 'gone';
    this.#tell('lost', why);
    this.#restart = this.#clock.after(this.#backOff.next(this.#clock.now()), () => this.#start());
  }

  #flush(): void {
    if (this.#writing || this.#state !== 'open') return;
    if (this.#queue.size === 0) {
      this.#flushed?.();
      return;
    }
    const writes = this.#queue.take(BATCH_BYTES, BATCH).map(([key, { record, position, expiresAt }]) => ({
      key,
      // A transferable copy, since the stored bytes are a view of shared memory.
      bytes: new Uint8Array(record.bytes),
      labels: record.labels,
      position,
      expiresAt,
    }));
    this.#writing = true;
    this.#thread?.postMessage(
      { kind: 'write', writes },
      writes.map(({ bytes }) => bytes.buffer),
    );
  }

  #post(message: ToDisk): void {
    this.#thread?.postMessage(message);
  }

  #settle(id: number, hit: TierHit | undefined): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    waiting?.settle(hit);
  }

  #tell(state: 'lost' | 'back' | 'emptied', why: string): void {
    if (state === this.#lastState) return;
    if (state !== 'emptied') this.#lastState = state;
    this.#options.listener({ tier: this.name, state, why });
  }

  #within(ms: number, work: (resolve: () => void) => void): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#clock.after(ms, resolve);
      work(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

// After compilation the thread's file is beside this one with another extension, which the compiler rewrites in imports
// only.
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);
