import type { SessionNews } from './session-news.ts';

/** How long a record exists, in milliseconds. */
export interface RecordLife {
  /** Without being read. */
  readonly idleMs: number;
  /** In any case. */
  readonly maxMs: number;
}

/** A record in a list. */
export interface ListedRecord {
  readonly id: string;
  readonly sealed: string;
}

/** Some of the records of a store. */
export interface RecordList {
  readonly records: readonly ListedRecord[];
  /** How many more there are, about. */
  readonly more: number;
}

/** Where the sessions of a gateway are kept: sealed texts by their ids. Every method rejects if the store is away. */
export interface SessionRecords {
  /** Reading begins the idle time anew. */
  get(id: string, life: RecordLife): Promise<string | undefined>;
  /** @param labels find the record, too. */
  add(id: string, sealed: string, labels: readonly string[], life: RecordLife): Promise<void>;
  /** @returns false if the record is gone. */
  replace(id: string, sealed: string): Promise<boolean>;
  /** @returns false if there was none. */
  remove(id: string): Promise<boolean>;
  /** @returns how many there were. */
  removeAll(): Promise<number>;
  /** The ids of the records with a label. */
  labelled(label: string): Promise<readonly string[]>;
  /**
   * Lists records, and begins no idle time anew.
   * @param max the most records. @param label lists those with this label only.
   */
  list(max: number, label?: string): Promise<RecordList>;
  /** Takes a name for some time. @returns false if somebody else has it. */
  claim(name: string, owner: string, ms: number): Promise<boolean>;
  /** Keeps a name for some more time. @returns false if it is not the owner's. */
  extend(name: string, owner: string, ms: number): Promise<boolean>;
  /** Gives up a name that is still the owner's. */
  release(name: string, owner: string): Promise<void>;
  close(): void;
}

/** The sessions that the hosts of a gateway share. */
export interface SharedSessionStore {
  readonly records: SessionRecords;
  /** Resolves at the first connection. */
  readonly connected: Promise<void>;
  /** @param keptMs how long the end of a session matters. */
  newsOf(keptMs: number): SessionNews;
}
