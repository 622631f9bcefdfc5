/** A difference between a backend's JSON and the recorded one. */
export interface Drift {
  /** The call site: a route, and a part of it behind `#`. */
  readonly site: string;
  readonly service: string;
  /** A JSON pointer (RFC 6901); `*` stands for each item of an array, and for each member of a table. */
  readonly pointer: string;
  /** `is now string, was integer`, `is gone` or `is new`. */
  readonly change: string;
}

/** Receives differences, each once: the log. */
export type DriftListener = (drift: Drift) => void;
