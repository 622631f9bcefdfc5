import type { GatewayError } from '../failure.ts';
import type { FallbackUse } from '../reply.ts';
import type { Journal } from './journal.ts';

/** A completed request, or one whose client disconnected. */
export interface Finished {
  /** The route's label; undefined if none matched. */
  readonly route: string | undefined;
  readonly method: string;
  /** 499 if the client disconnected. */
  readonly status: number;
  /** From the request headers to the last byte of the response, in milliseconds. */
  readonly durationMs: number;
  readonly requestId: string;
  readonly path: string;
  /** The failure; undefined for a success. */
  readonly failure: GatewayError | undefined;
  /** The fallbacks in the response; undefined for none. */
  readonly fallbacks?: readonly FallbackUse[] | undefined;
}

/** A journal that can be read when the response headers are sent. */
export interface OpenJournal extends Journal {
  /** The value of Server-Timing. */
  serverTiming(): string;
}

/** Log and metrics from the perspective of the HTTP side. Created once, called after each response. */
export interface Observer {
  finished(event: Finished): void;
  /** A journal for a request, if one is needed. */
  journal(): OpenJournal | undefined;
}
