/** The limits of client requests: sizes in bytes, times in milliseconds. */
export interface ServerLimits {
  /** The total size of all fields. */
  readonly head: number;
  /** The number of fields. */
  readonly headers: number;
  readonly url: number;
  /** The total size of the Cookie fields. */
  readonly cookies: number;
  readonly headersTimeoutMs: number;
  /** The minimum rate of a body per second while it is read. */
  readonly minBodyRate: number;
  readonly connections: number;
  readonly requestsPerSocket: number;
}
