import type { GatewayError } from '../failure.ts';
import type { FallbackUse } from '../reply.ts';
import type { Journal } from './journal.ts';

/** A request that was answered, or whose client left. */
export interface Finished {
  /** The route's label; undefined where none matched. */
  readonly route: string | undefined;
  readonly method: string;
  /** 499 for a client that left. */
  readonly status: number;
  /** From the request's head to the last byte of the response, in milliseconds. */
  readonly durationMs: number;
  readonly requestId: string;
  readonly path: string;
  /** What went wrong; undefined where nothing did. */
  readonly failure: GatewayError | undefined;
  /** What stood in the response for what backends should have said; undefined where nothing did. */
  readonly fallbacks?: readonly FallbackUse[] | undefined;
}

/** A journal that can be read when the response's head goes out. */
export interface OpenJournal extends Journal {
  /** The value of the Server-Timing header. */
  serverTiming(): string;
}

/** Log and metrics, as the socket side sees them. Made once; called after each response. */
export interface Observer {
  finished(event: Finished): void;
  /** A journal for a request, where one is wanted. */
  journal(): OpenJournal | undefined;
}
