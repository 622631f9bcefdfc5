import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { RecordLife, RecordList, SessionRecords } from '../../core/ports/session-records.ts';

/** Incremented with every change of the tables: a file of another version is refused, since it holds sessions. */
const VERSION = 1;

/** How long a write waits for another process, in milliseconds. The others' writes take less than one. */
const BUSY_MS = 250;

/** Every so many writes the records that are over are removed. */
const TIDY_EVERY = 100;

const TABLES = `
  CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, sealed TEXT NOT NULL, ends_at INTEGER NOT NULL, idle_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (ends_at, idle_at);
  CREATE TABLE IF NOT EXISTS labels (label TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (label, id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS labels_by_id ON labels (id);
  CREATE TABLE IF NOT EXISTS claims (
    name TEXT PRIMARY KEY, owner TEXT NOT NULL, ends_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/**
 * Sessions in a SQLite file that the processes of one host share. Reads do not wait for writes (WAL), and take less
 * time than a message to a thread would.
 */
export class DiskRecords implements SessionRecords {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #sql: ReturnType<typeof statements>;
  #writes = 0;

  /** @throws Error if the file cannot be opened, or is of another version. */
  constructor(path: string, clock: Clock) {
    mkdirSync(dirname(path), { recursive: true });
    this.#database = new DatabaseSync(path, { timeout: BUSY_MS });
    this.#clock = clock;
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    const version = Number(this.#database.prepare('PRAGMA user_version').get()?.user_version);
    if (version !== 0 && version !== VERSION) {
      this.#database.close();
      throw new Error(
        `${path} holds sessions of version ${version}, not ${VERSION}: move it away, and users sign in again`,
      );
    }
    this.#database.exec(TABLES);
    // Who can read it cannot use it, but could delete sessions.
    chmodSync(path, 0o600);
    this.#sql = statements(this.#database);
  }

  get(id: string, { idleMs }: RecordLife): Promise<string | undefined> {
    return this.#within(() => {
      const now = this.#clock.wall();
      const row = this.#sql.get.get(id);
      if (row === undefined || Number(row.ends_at) <= now || Number(row.idle_at) <= now) return undefined;
      // Not with every request.
      if (Number(row.idle_at) - now < idleMs * 0.9) this.#touch(id, now + idleMs);
      return String(row.sealed);
    });
  }

  add(id: string, sealed: string, labels: readonly string[], { idleMs, maxMs }: RecordLife): Promise<void> {
    return this.#within(() => {
      const now = this.#clock.wall();
      this.#together(() => {
        this.#sql.add.run(id, sealed, now + maxMs, now + idleMs);
        for (const label of labels) this.#sql.label.run(label, id);
        if (this.#writes++ % TIDY_EVERY === 0) this.#tidy(now);
      });
    });
  }

  replace(id: string, sealed: string): Promise<boolean> {
    return this.#within(() => this.#sql.replace.run(sealed, id).changes === 1);
  }

  remove(id: string): Promise<boolean> {
    return this.#within(() =>
      this.#together(() => {
        const { changes } = this.#sql.remove.run(id);
        this.#sql.unlabel.run(id);
        return changes === 1;
      }),
    );
  }

  removeAll(): Promise<number> {
    return this.#within(() =>
      this.#together(() => {
        const now = this.#clock.wall();
        const count = Number(this.#sql.count.get(now, now)?.count);
        this.#sql.removeAll.run();
        this.#sql.unlabelAll.run();
        return count;
      }),
    );
  }

  labelled(label: string): Promise<readonly string[]> {
    return this.#within(() => this.#sql.labelled.all(label).map(row => String(row.id)));
  }

  list(max: number, label?: string): Promise<RecordList> {
    return this.#within(() => {
      const now = this.#clock.wall();
      const { list, count, listLabelled, countLabelled } = this.#sql;
      const rows = label === undefined ? list.all(now, now, max) : listLabelled.all(label, now, now, max);
      const total = label === undefined ? count.get(now, now) : countLabelled.get(label, now, now);
      const records = rows.map(({ id, sealed }) => ({ id: String(id), sealed: String(sealed) }));
      return { records, more: Number(total?.count) - records.length };
    });
  }

  claim(name: string, owner: string, ms: number): Promise<boolean> {
    const now = this.#clock.wall();
    return this.#within(() => this.#sql.claim.run(name, owner, now + ms, now).changes === 1);
  }

  extend(name: string, owner: string, ms: number): Promise<boolean> {
    return this.#within(() => this.#sql.extend.run(this.#clock.wall() + ms, name, owner).changes === 1);
  }

  release(name: string, owner: string): Promise<void> {
    return this.#within(() => void this.#sql.release.run(name, owner));
  }

  close(): void {
    this.#database.close();
  }

  /** Leaves it to the next read while another process writes: no request waits for that, since the thread would. */
  #touch(id: string, idleAt: number): void {
    // Takes effect when it is prepared, so not a statement that is kept.
    this.#database.exec('PRAGMA busy_timeout = 0');
    try {
      this.#sql.touch.run(idleAt, id);
    } catch (error) {
      if (!isBusy(error)) throw error;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    }
  }

  #tidy(now: number): void {
    this.#sql.unlabelOver.run(now, now);
    this.#sql.removeOver.run(now, now);
    this.#sql.releaseOver.run(now);
  }

  async #within<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (cause) {
      throw new GatewayError('session.unavailable', 'Sessions cannot be read at the moment', {
        cause,
        headers: ['Retry-After', '1'],
      });
    }
  }

  #together<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** SQLITE_BUSY, whose variants differ in the upper bits (https://sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

const LIVE = 'ends_at > ? AND idle_at > ?';
const LABELLED = `FROM labels JOIN sessions USING (id) WHERE label = ? AND ${LIVE}`;
const OVER = '(SELECT id FROM sessions WHERE ends_at <= ? OR idle_at <= ?)';

function statements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    get: prepare('SELECT sealed, ends_at, idle_at FROM sessions WHERE id = ?'),
    touch: prepare('UPDATE sessions SET idle_at = ? WHERE id = ?'),
    add: prepare('INSERT INTO sessions (id, sealed, ends_at, idle_at) VALUES (?, ?, ?, ?)'),
    label: prepare('INSERT OR IGNORE INTO labels (label, id) VALUES (?, ?)'),
    replace: prepare('UPDATE sessions SET sealed = ? WHERE id = ?'),
    remove: prepare('DELETE FROM sessions WHERE id = ?'),
    unlabel: prepare('DELETE FROM labels WHERE id = ?'),
    labelled: prepare('SELECT id FROM labels WHERE label = ?'),
    removeAll: prepare('DELETE FROM sessions'),
    unlabelAll: prepare('DELETE FROM labels'),
    list: prepare(`SELECT id, sealed FROM sessions WHERE ${LIVE} ORDER BY ends_at DESC LIMIT ?`),
    count: prepare(`SELECT count(*) AS count FROM sessions WHERE ${LIVE}`),
    listLabelled: prepare(`SELECT id, sealed ${LABELLED} ORDER BY ends_at DESC LIMIT ?`),
    countLabelled: prepare(`SELECT count(*) AS count ${LABELLED}`),
    claim: prepare(
      `INSERT INTO claims (name, owner, ends_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, ends_at = excluded.ends_at WHERE ends_at <= ?`,
    ),
    extend: prepare('UPDATE claims SET ends_at = ? WHERE name = ? AND owner = ?'),
    release: prepare('DELETE FROM claims WHERE name = ? AND owner = ?'),
    unlabelOver: prepare(`DELETE FROM labels WHERE id IN ${OVER}`),
    removeOver: prepare('DELETE FROM sessions WHERE ends_at <= ? OR idle_at <= ?'),
    releaseOver: prepare('DELETE FROM claims WHERE ends_at <= ?'),
  };
}
