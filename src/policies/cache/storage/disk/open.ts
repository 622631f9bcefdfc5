import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DROP_TABLES, SCHEMA_VERSION, TABLES } from './schema.ts';

/** How long a process waits for another one that writes. */
const BUSY_MS = 1_000;
// https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
/** Another process has moved the file aside. */
const MOVED = 1032;
/**
 * The number of attempts where SQLite does not wait by itself, and the pause between them; this thread has no other
 * work.
 */
const TRIES = 20;
const TRY_AGAIN_MS = 50;

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Identifies the file, whatever is at that path later. */
  readonly file: number | undefined;
  readonly emptied: string | undefined;
}

/**
 * Opens or creates the file. A file that is no database is moved aside; tables of another version are dropped, except
 * if an earlier thread of this process found the right ones, since they then belong to a newer version.
 * @throws if no file can exist at that path.
 */
export function openDatabase(path: string, again: boolean): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true });
  const found = fileAt(path);
  try {
    return openTables(path, again);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    moveAside(path, found);
    return { ...openTables(path, again), emptied: `${path} was no database that can be read: ${String(error)}` };
  }
}

export function isCorrupt(error: unknown): boolean {
  return [CORRUPT, NOT_A_DATABASE].includes(codeOf(error) & 0xff);
}

export function isMoved(error: unknown): boolean {
  return codeOf(error) === MOVED;
}

/** Another process was writing for too long, which is temporary. */
export function isBusy(error: unknown): boolean {
  return [BUSY, LOCKED].includes(codeOf(error) & 0xff);
}

/** @param file the number of the bad file, since another process may have replaced it already. */
export function moveAside(path: string, file: number | undefined): void {
  if (fileAt(path) !== file) return;
  rmSync(`${path}.unreadable`, { force: true, recursive: true });
  renameSync(path, `${path}.unreadable`);
  for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
}

/** The number of the file at that path; undefined for none. */
export function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** SQLite's extended code, whose low byte is the code; 0 for other errors. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
}

function openTables(path: string, again: boolean): OpenedDatabase {
  for (let tries = 1; ; tries++) {
    const database = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      if (textOf(database, 'journal_mode') !== 'wal') database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;');
      return { database, emptied: makeTables(database, again), file: fileAt(path) };
    } catch (error) {
      database.close();
      if (!isBusy(error) || tries === TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_AGAIN_MS);
    }
  }
}

function makeTables(database: DatabaseSync, again: boolean): string | undefined {
  if (versionOf(database) === SCHEMA_VERSION) return undefined;
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(database);
    if (version !== 0 && version !== SCHEMA_VERSION && again)
      throw new Error(`its tables are of version ${version} now`);
    if (version !== SCHEMA_VERSION) {
      database.exec(DROP_TABLES + TABLES);
      // Epochs of an earlier file at this path are not reused, because writes in flight may refer to them.
      database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('purges', ?)").run(Date.now() * 1_000);
    }
    database.exec('COMMIT');
    return version === 0 || version === SCHEMA_VERSION ? undefined : `its tables were of version ${version}`;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(textOf(database, 'user_version'));
}

function textOf(database: DatabaseSync, pragma: string): string {
  return String(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
