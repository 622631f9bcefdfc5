import type { CacheTier, TierHit, TierRecord } from '../../../../core/ports/cache-tier.ts';
import { type Clock, systemClock } from '../../../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../../../core/ports/distributed-lock.ts';
import { EVERYTHING, type Purge } from '../../../../core/purge.ts';
import { WriteQueue } from '../write-queue.ts';
import { BoundedCalls } from './bounded-calls.ts';
import type { Session } from './link.ts';
import { decodeRecord, encodeRecord, RECORD_VERSION } from './record.ts';
import { RELEASE } from './scripts.ts';
import type { SharedPurges } from './shared-purges.ts';

/** The time limit of operations that a request waits for. */
const ASK_MS = 30;
const CLOSE_MS = 1_000;
const QUEUE_BYTES = 16 * 1024 ** 2;
/** The size of a write batch, which delays a read in between. */
const BATCH_BYTES = 1024 ** 2;
const BATCH = 64;
/** Maximum of keys to delete when Redis returns; beyond it, everything is purged. */
const MAX_DELETED = 1_000;
const MAX_MS = 366 * 24 * 3_600_000;

interface RedisWrite {
  readonly value: Buffer;
  readonly expiresAt: number;
  readonly bytes: number;
}

/**
 * Storage that several hosts share. A call takes at most 30 ms; after several timeouts in a row calls are skipped for a
 * while.
 */
export class RedisTier implements CacheTier, DistributedCacheLock {
  readonly name = 'redis';
  readonly #purges: SharedPurges;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #calls: BoundedCalls;
  readonly #queue = new WriteQueue<RedisWrite>(QUEUE_BYTES);
  #deleted = new Set<string>();
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(purges: SharedPurges, prefix: string, clock: Clock = systemClock) {
    this.#purges = purges;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#calls = new BoundedCalls(() => (this.#closed ? undefined : purges.session), clock, ASK_MS);
  }

  purgePosition(): number {
    return this.#purges.purgePosition();
  }

  async get(key: string): Promise<TierHit | undefined> {
    return this.#calls.ask(session => this.#read(session, key), undefined);
  }

  set(key: string, record: TierRecord, keepForMs: number): void {
    this.#queue.delete(key);
    const moment = this.#purges.momentAt(record.purgePosition);
    if (moment === undefined || keepForMs < 1 || this.#closed) return;
    const value = encodeRecord(record, { ...moment, origin: this.#purges.origin });
    const expiresAt = this.#clock.now() + Math.min(keepForMs, MAX_MS);
    this.#queue.add(key, { value, expiresAt, bytes: value.length + key.length });
    void this.#flush();
  }

  delete(key: string): void {
    this.#queue.delete(key);
    this.#deleted.add(key);
    if (this.#deleted.size > MAX_DELETED) {
      this.#deleted.clear();
      this.#purges.publish({ kind: 'hard', targets: [EVERYTHING] });
    }
    void this.#flush();
  }

  /** Local only: the publisher sends it to the other hosts, once. */
  purge(purge: Purge): void {
    this.#purges.apply(purge);
  }

  async claim(key: string, forMs: number): Promise<boolean> {
    return this.#calls.ask(async ({ commands }) => {
      const options = { condition: 'NX', expiration: { type: 'PX', value: Math.ceil(forMs) } } as const;
      return (await commands.set(this.#claimKey(key), this.#purges.origin, options)) !== null;
    }, true);
  }

  release(key: string): void {
    const keys = { keys: [this.#claimKey(key)], arguments: [this.#purges.origin] };
    this.#purges.session?.commands.eval(RELEASE, keys).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#purges.session !== undefined) {
      await this.#within(CLOSE_MS, Promise.all([this.#flush(), this.#purges.flush()]));
    }
    this.#queue.clear();
    this.#purges.close();
  }

  async #read({ commands }: Session, key: string): Promise<TierHit | undefined> {
    const known = this.#purges.epoch;
    // Pipelined with the record first: a purge that the second command misses came after the first one.
    const [value, unknown] = await Promise.all([
      commands.get(this.#recordKey(key)),
      commands.zCount(this.#purges.log, `(${known}`, '+inf'),
    ]);
    if (Number(unknown) > 0) {
      if (this.#purges.epoch < known + Number(unknown)) await this.#purges.catchUp();
    }
    const record = value === null || this.#deleted.has(key) ? undefined : decodeRecord(value);
    if (record === undefined) return undefined;
    const purged = this.#purges.since(record.lastRead, record.labels);
    return purged === 'hard' ? undefined : { bytes: record.bytes, soft: purged === 'soft' };
  }

  #flush(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      // Purges that arrived after the last check.
      if (this.#purges.session !== undefined && this.#queue.size > 0) void this.#flush();
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Writes of one turn go into one batch.
    await undefined;
    for (let { session } = this.#purges; session !== undefined; { session } = this.#purges) {
      if (this.#queue.size + this.#deleted.size === 0) return;
      await this.#writeBatch(session);
    }
  }

  async #writeBatch({ commands }: Session): Promise<void> {
    const now = this.#clock.now();
    const deleted = [...this.#deleted];
    const writes = this.#queue.take(BATCH_BYTES, BATCH).filter(([, { expiresAt }]) => expiresAt > now);
    const deletions = deleted.map(async key => {
      await commands.del(this.#recordKey(key));
      this.#deleted.delete(key);
    });
    const sets = writes.map(([key, { value, expiresAt }]) =>
      commands.set(this.#recordKey(key), value, { expiration: { type: 'PX', value: Math.ceil(expiresAt - now) } }),
    );
    await Promise.allSettled([...deletions, ...sets]);
  }

  #recordKey(key: string): string {
    return `${this.#prefix}record:${RECORD_VERSION}:${key}`;
  }

  #claimKey(key: string): string {
    return `${this.#prefix}claim:${key}`;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, resolve);
    work.then(
      () => resolve(),
      () => resolve(),
    );
    await promise;
    timer.cancel();
  }
}
