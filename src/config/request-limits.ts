import { type ByteSize, byteSize } from './byte-size.ts';
import { DEFAULTS } from './defaults.ts';
import { type Duration, durationMs } from './duration.ts';

/** Limits of client requests. */
export interface GatewayLimits {
  /**
   * Maximum size of a request body that is read into memory; a larger one is 413. Proxied bodies stream and are limited
   * only by a route's own `limits`. Default 1MB.
   */
  readonly body?: ByteSize;
  /** Maximum size of all header fields of a request together; more is 431. Default 16KB. */
  readonly head?: ByteSize;
  /** Maximum number of header fields; more is 431. Default 100. */
  readonly headers?: number;
  /** Maximum length of the request target; a longer one is 414. Default 8KB. */
  readonly url?: ByteSize;
  /** Maximum size of all cookies of a request together; more is 431. Default 8KB. */
  readonly cookies?: ByteSize;
  /** Time limit of the request headers; exceeded: 408. Applies only to the gateway's own listener. Default 10s. */
  readonly headersTimeout?: Duration;
  /** Minimum bytes per second of a request body, measured over 10 s in which it was read; less is 408. Default 500B. */
  readonly minBodyRate?: ByteSize;
  /** Maximum of open connections per process. Applies only to the gateway's own listener. Default 10000. */
  readonly connections?: number;
  /**
   * Maximum of requests on one connection, which is then closed. Applies only to the gateway's own listener. Default
   * 1000.
   */
  readonly requestsPerSocket?: number;
}

/** Limits of client requests to one route. */
export interface RouteLimits {
  /**
   * Maximum size of a request body, streamed or read; a larger one is 413, and the call to the backend is aborted.
   * Default none for a streamed body; the gateway's `limits.body` for one that is read.
   */
  readonly body?: ByteSize;
}

export type WrittenLimits = Required<GatewayLimits>;

/** The configured limits with the defaults. */
export function limitsOf(written: GatewayLimits | undefined): WrittenLimits {
  return { ...DEFAULTS.limits, ...written };
}

/** The limits as numbers of bytes and milliseconds. */
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
