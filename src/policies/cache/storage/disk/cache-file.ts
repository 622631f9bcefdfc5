import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { covers, type Purge, type PurgeLabels, type PurgeTarget } from '../../../../core/purge.ts';
import { addressesBelow, namesOfLabels, namesOfTarget } from '../../../../core/purge-names.ts';
import type { PurgePosition } from '../purge-clock.ts';
import type { DiskPurge, DiskWrite } from './messages.ts';

/** Maximum of remembered purges for writes in flight. */
const MAX_PURGES = 10_000;
/** Maximum of rows per step; requests are handled between steps. */
const STEP = 200;

interface PurgeRow {
  readonly kind: string;
  readonly target: string;
  readonly origin: string;
  readonly own: number;
  readonly epoch: number;
}

/** Stored responses in a SQLite file that several processes share. Synchronous, in a thread of its own. */
export class CacheFile {
  readonly #database: DatabaseSync;
  readonly #size: number;
  readonly #origin: string;
  readonly #used = new Set<number>();
  readonly #sql: ReturnType<typeof statements>;

  /** @param size bytes of the file. @param origin identifies this process among those that share it. */
  constructor(database: DatabaseSync, size: number, origin: string) {
    this.#database = database;
    this.#size = size;
    this.#origin = origin;
    this.#sql = statements(database);
  }

  /** The number of the latest purge of any process. */
  get epoch(): number {
    return Number(this.#sql.epoch.get()?.seq ?? 0);
  }

  get(key: string, now: number): { readonly bytes: Uint8Array; readonly soft: boolean } | undefined {
    const row = this.#sql.read.get(key);
    if (row === undefined || Number(row.expires_at) <= now || !(row.bytes instanceof Uint8Array)) return undefined;
    if (crc32(row.bytes) !== row.sum) {
      this.#remove(Number(row.id));
      return undefined;
    }
    this.#used.add(Number(row.id));
    return { bytes: row.bytes, soft: row.soft === 1 };
  }

  write(writes: readonly DiskWrite[], now: number): void {
    this.#together(() => {
      for (const each of writes) this.#writeOne(each, now);
    });
  }

  delete(key: string): void {
    const id = this.#sql.find.get(key)?.id;
    if (id !== undefined) this.#together(() => this.#remove(Number(id)));
  }

  /** Deletes the covered entries, and remembers the purge for writes in flight of any process. */
  purge({ purge, own }: DiskPurge): void {
    this.#together(() => {
      for (const target of purge.targets) {
        this.#sql.logPurge.run(purge.kind, JSON.stringify(target), this.#origin, own);
        for (const id of this.#covered(target)) this.#apply(purge.kind, id);
      }
      this.#sql.trimPurges.run(MAX_PURGES);
    });
  }

  /** One step of deferred work. Returns whether another one is due. */
  tidy(now: number): boolean {
    const gone = [...this.#sql.expired.all(now, STEP), ...this.#tooMuch()].map(({ id }) => Number(id));
    if (gone.length === 0 && this.#used.size === 0) return false;
    this.#together(() => {
      for (const id of this.#used) this.#sql.touch.run(now, id);
      this.#used.clear();
      for (const id of gone) this.#remove(id);
    });
    return gone.length >= STEP || (gone.length > 0 && this.#bytes() > this.#size);
  }

  close(): void {
    this.#database.close();
  }

  #writeOne({ key, bytes, labels, position, expiresAt }: DiskWrite, now: number): void {
    const known = this.#sql.find.get(key)?.id;
    const purged = this.#purgedSince(position, labels);
    if (purged === 'hard' || expiresAt <= now) return;
    if (known !== undefined) this.#remove(Number(known));
    const { lastInsertRowid } = this.#sql.insert.run(
      key,
      bytes,
      crc32(bytes),
      purged === 'soft' ? 1 : 0,
      expiresAt,
      now,
    );
    for (const name of new Set(namesOfLabels(labels))) this.#sql.name.run(name, lastInsertRowid);
  }

  /** The purges of a response with these labels while it was in flight. */
  #purgedSince({ epoch, own }: PurgePosition, labels: PurgeLabels): Purge['kind'] | undefined {
    const first = Number(this.#sql.firstPurge.get()?.epoch ?? Number.POSITIVE_INFINITY);
    if (epoch + 1 < first && this.epoch > epoch) return 'hard';
    const since = (this.#sql.purgesSince.all(epoch) as unknown as PurgeRow[]).filter(
      row => (row.origin !== this.#origin || row.own > own) && covers(JSON.parse(row.target), labels),
    );
    if (since.some(({ kind }) => kind === 'hard')) return 'hard';
    return since.length > 0 ? 'soft' : undefined;
  }

  #covered(target: PurgeTarget): readonly number[] {
    if (target.kind === 'all') return this.#sql.everything.all().map(({ id }) => Number(id));
    if (target.kind === 'prefix') {
      const first = addressesBelow(target);
      return this.#sql.namedBetween.all(first, `${first}${LAST}`).map(({ record }) => Number(record));
    }
    const ids = namesOfTarget(target).flatMap(name => this.#sql.named.all(name).map(({ record }) => Number(record)));
    return [...new Set(ids)];
  }

  #apply(kind: Purge['kind'], id: number): void {
    if (kind === 'hard') this.#remove(id);
    else this.#sql.soften.run(id);
  }

  #remove(id: number): void {
    this.#sql.remove.run(id);
    this.#sql.unname.run(id);
  }

  /** The least recently used entries beyond the size. */
  #tooMuch(): readonly Record<string, unknown>[] {
    const over = this.#bytes() - this.#size;
    if (over <= 0) return [];
    // Entries read since the last step are in use, though the file does not contain that yet.
    const old = this.#sql.maxUnused.all(STEP).filter(({ id }) => !this.#used.has(Number(id)));
    let freed = 0;
    return old.filter(({ size }) => {
      const needed = freed < over;
      freed += Number(size);
      return needed;
    });
  }

  /** The used size of the file; freed pages are reused before it grows. */
  #bytes(): number {
    const { pages = 0, free = 0, bytes = 0 } = this.#sql.pages.get() ?? {};
    return (Number(pages) - Number(free)) * Number(bytes);
  }

  #together<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const made = work();
      this.#database.exec('COMMIT');
      return made;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

// Sorts after every address.
const LAST = '\u{10ffff}';

function statements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    read: prepare('SELECT id, bytes, sum, soft, expires_at FROM records WHERE key = ?'),
    find: prepare('SELECT id FROM records WHERE key = ?'),
    insert: prepare('INSERT INTO records (key, bytes, sum, soft, expires_at, used_at) VALUES (?, ?, ?, ?, ?, ?)'),
    name: prepare('INSERT INTO names (name, record) VALUES (?, ?)'),
    remove: prepare('DELETE FROM records WHERE id = ?'),
    unname: prepare('DELETE FROM names WHERE record = ?'),
    soften: prepare('UPDATE records SET soft = 1 WHERE id = ?'),
    touch: prepare('UPDATE records SET used_at = ? WHERE id = ?'),
    expired: prepare('SELECT id FROM records WHERE expires_at <= ? LIMIT ?'),
    maxUnused: prepare('SELECT id, length(bytes) AS size FROM records ORDER BY used_at LIMIT ?'),
    named: prepare('SELECT record FROM names WHERE name = ?'),
    namedBetween: prepare('SELECT DISTINCT record FROM names WHERE name >= ? AND name < ?'),
    everything: prepare('SELECT id FROM records'),
    epoch: prepare("SELECT seq FROM sqlite_sequence WHERE name = 'purges'"),
    firstPurge: prepare('SELECT min(epoch) AS epoch FROM purges'),
    purgesSince: prepare('SELECT kind, target, origin, own, epoch FROM purges WHERE epoch > ?'),
    logPurge: prepare('INSERT INTO purges (kind, target, origin, own) VALUES (?, ?, ?, ?)'),
    trimPurges: prepare(
      "DELETE FROM purges WHERE epoch <= (SELECT seq FROM sqlite_sequence WHERE name = 'purges') - ?",
    ),
    pages: prepare(
      `SELECT (SELECT page_count FROM pragma_page_count) AS pages,
        (SELECT freelist_count FROM pragma_freelist_count) AS free,
        (SELECT page_size FROM pragma_page_size) AS bytes`,
    ),
  };
}
