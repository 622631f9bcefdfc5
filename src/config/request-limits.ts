import { type ByteSize, byteSize } from './byte-size.ts';
import { DEFAULTS } from './defaults.ts';
import { type Duration, durationMs } from './duration.ts';

/** Limits of what a client may send, and how slowly. */
export interface GatewayLimits {
  /**
   * Largest request body that is read into memory; a larger one is 413. Proxied bodies stream and are limited by a
   * route's own `limits` only. Default 1MB.
   */
  readonly body?: ByteSize;
  /** Size of all header fields of a request together; more is 431. Default 16KB. */
  readonly head?: ByteSize;
  /** Number of header fields; more is 431. Default 100. */
  readonly headers?: number;
  /** Length of the request target; a longer one is 414. Default 8KB. */
  readonly url?: ByteSize;
  /** Size of all cookies of a request together; more is 431. Default 8KB. */
  readonly cookies?: ByteSize;
  /**
   * Time until the request headers are complete; exceeded: 408. Applies only where the gateway listens itself. Default
   * 10s.
   */
  readonly headersTimeout?: Duration;
  /**
   * Bytes per second that a request body must bring at least, measured over 10 s in which it was read; less is 408.
   * Default 500B.
   */
  readonly minBodyRate?: ByteSize;
  /** Open connections per process. Applies only where the gateway listens itself. Default 10000. */
  readonly connections?: number;
  /** Requests on one connection, which is then closed. Applies only where the gateway listens itself. Default 1000. */
  readonly requestsPerSocket?: number;
}

/** Limits of what a client may send to one route. */
export interface RouteLimits {
  /**
   * Largest request body, streamed or read; a larger one is 413, and the call to the backend is aborted. Default none
   * for a streamed body; the gateway's `limits.body` for one that is read.
   */
  readonly body?: ByteSize;
}

export type WrittenLimits = Required<GatewayLimits>;

/** The configured limits, completed by the defaults. */
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
