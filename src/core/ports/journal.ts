/**
 * The record of a request, written by stages and read at the end by log, Server-Timing and listeners. It exists only if
 * one of them needs it, so stages write `x.journal?.note(...)`.
 */
export interface Journal {
  note(key: string, value: string): void;
  /** A separate journal for a part of an aggregate, with its own duration. */
  child(name: string): Journal;
  /** The work of this journal is done. */
  end(): void;
}
