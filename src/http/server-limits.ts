/** How much a client may send, and how slowly: sizes in bytes, times in milliseconds. */
export interface ServerLimits {
  /** The fields of a head together. */
  readonly head: number;
  /** How many fields. */
  readonly headers: number;
  readonly url: number;
  /** The Cookie fields together. */
  readonly cookies: number;
  readonly headersTimeoutMs: number;
  /** What a body brings at least, per second, while it is being read. */
  readonly minBodyRate: number;
  readonly connections: number;
  readonly requestsPerSocket: number;
}
