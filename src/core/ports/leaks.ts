/** A backend's response that contains a backend's address. */
export interface Leak {
  readonly service: string;
  readonly requestId: string;
  /** The path of the request. */
  readonly path: string;
  /** The address that was found. */
  readonly found: string;
}

/** Receives leaks: the log. */
export type LeakListener = (leak: Leak) => void;
