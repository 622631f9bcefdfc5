/**
 * What happened, told once and read by nobody in the chains: log, Server-Timing and listeners read it at the end.
 * It exists only when one of them wants it, so stages write `x.journal?.note(...)`.
 */
export interface Journal {
  note(key: string, value: string): void;
  /** A journal of its own for a part of an aggregation, with its own duration. */
  child(name: string): Journal;
  /** The work this journal is about is over. */
  end(): void;
}
