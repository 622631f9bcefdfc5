import { type ByteSize, byteSize } from './byte-size.ts';
import { DEFAULTS } from './defaults.ts';
import { type Duration, durationMs } from './duration.ts';

/** How much a client may send, and how slowly. */
export interface GatewayLimits {
  /**
   * The longest body that is read into memory; a longer one is 413. Proxied bodies stream and have no limit but a
   * route's own. Default 1MB.
   */
  readonly body?: ByteSize;
  /** All header fields of a request together; more is 431. Default 16KB. */
  readonly head?: ByteSize;
  /** How many header fields; more is 431. Default 100. */
  readonly headers?: number;
  /** The longest request target; a longer one is 414. Default 8KB. */
  readonly url?: ByteSize;
  /** All cookies of a request together; more is 431. Default 8KB. */
  readonly cookies?: ByteSize;
  /** Until a request's head is complete; then it is 408. Default 10s. Only where Portico listens itself. */
  readonly headersTimeout?: Duration;
  /** What a body brings at least in a second, over 10 s in which it was read; less is 408. Default 500B. */
  readonly minBodyRate?: ByteSize;
  /** Connections at once, in each process. Default 10000. Only where Portico listens itself. */
  readonly connections?: number;
  /** Requests on one connection; then it is closed. Default 1000. Only where Portico listens itself. */
  readonly requestsPerSocket?: number;
}

/** How much a client may send to one route. */
export interface RouteLimits {
  readonly body?: ByteSize;
}

export type WrittenLimits = Required<GatewayLimits>;

/** What a team wrote, the defaults filling the rest. */
export function limitsOf(written: GatewayLimits | undefined): WrittenLimits {
  return { ...DEFAULTS.limits, ...written };
}

/** As numbers: bytes and milliseconds. */
export function limitsInNumbers(limits: WrittenLimits) {
  const { headers, connections, requestsPerSocket } = limits;
  return {
    body: byteSize(limits.body),
    head: byteSize(limits.head),
    headers,
    url: byteSize(limits.url),
    cookies: byteSize(limits.cookies),
    headersTimeoutMs: durationMs(limits.headersTimeout),
    minBodyRate: byteSize(limits.minBodyRate),
    connections,
    requestsPerSocket,
  };
}
