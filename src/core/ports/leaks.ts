/** A backend's response that names a backend. */
export interface Leak {
  readonly service: string;
  readonly requestId: string;
  /** The path of the request. */
  readonly path: string;
  /** What stood there. */
  readonly found: string;
}

/** Who wants to know of leaks: the log. */
export type LeakListener = (leak: Leak) => void;
