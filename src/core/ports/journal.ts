/**
 * What happened to a request, written by stages and read at the end by log, Server-Timing and listeners. It exists only
 * where one of them wants it, so stages write `x.journal?.note(...)`.
 */
export interface Journal {
  note(key: string, value: string): void;
  /** A journal of its own for a part of an aggregation, with its own duration. */
  child(name: string): Journal;
  /** The work this journal is about is over. */
  end(): void;
}
