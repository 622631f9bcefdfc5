import type { GatewayError } from '../failure.ts';
import type { FallbackUse } from '../reply.ts';
import type { RequestJournal } from './journal.ts';

/** What stands for a route in the record of a health check. */
export const HEALTH_ROUTE = 'health';

/** How a request ended. */
export interface RequestEnd {
  /** The route's label; undefined if none matched. */
  readonly route: string | undefined;
  /** The file of the route, relative to the project's folder. */
  readonly file: string | undefined;
  /** 499 if the client disconnected. */
  readonly status: number;
  /** Encoded, without the query; '' if the request could not be read. */
  readonly path: string;
  /** The failure; undefined for a success. */
  readonly failure: GatewayError | undefined;
  /** The fallbacks in the response; undefined for none. */
  readonly fallbacks: readonly FallbackUse[] | undefined;
  /** Whether it is an event stream or a tunnel. */
  readonly isLongLived: boolean;
}

/** The record of a request while it is handled. */
export interface OpenRecord extends RequestJournal {
  /** The request is read, and counts as active from now on. */
  begin(): void;
  /** The gateway has written the whole response; a slow client may still receive it. */
  written(): void;
  /** The last byte of the response is sent, or the client disconnected. */
  finish(end: RequestEnd): void;
}

/** Log, metrics and recent requests from the perspective of the HTTP side. */
export interface Observer {
  /** The record of a request that arrives now. */
  record(method: string): OpenRecord;
  /** Further response headers: name, value, name, value, ... Undefined if there are never any. */
  fieldsFor?(record: OpenRecord): readonly string[];
}
