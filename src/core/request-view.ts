import type { FallbackUse } from './reply.ts';

// What `portico why` shows as plain data: a worker sends it, a program reads it. Times are in milliseconds.

/** Which of the recent requests are shown. */
export interface RequestQuery {
  /** The request with this id, or with this trace id. */
  readonly id?: string;
  /** Those that took longer than usual: more than 95 % of the requests of their route. */
  readonly slow?: true;
  /** Those that a cache could not answer. */
  readonly miss?: true;
  /** Those that failed, or lack something in their response. */
  readonly failed?: true;
}

/** A recent request. */
export interface RequestView {
  readonly requestId: string;
  readonly traceId: string | undefined;
  /** When it arrived, as an ISO date. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The route as `/api/products/{id}`; undefined if none matched. */
  readonly route: string | undefined;
  readonly file: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The part of it in which the gateway waited: for backends, permits, pauses, stores and the client. */
  readonly waitingMs: number;
  /** What 95 % of the requests of its route take at most; undefined without enough requests. */
  readonly usualMs: number | undefined;
  readonly failure: { readonly code: string; readonly message: string; readonly blame: string } | undefined;
  readonly fallbacks: readonly FallbackUse[];
  /** Whether it is an event stream or a WebSocket, which lasts as long as its client wishes. */
  readonly isLongLived: boolean;
  /** What happened at the call site of the route itself. */
  readonly site: SiteView;
  readonly parts: readonly PartView[];
  /** Why it was slow, missed or failed; the most important reason first. */
  readonly findings: readonly RequestFinding[];
}

/** What happened at a call site: that of a route, or of a part. */
export interface SiteView {
  /** Cache-Status; undefined without a cache. */
  readonly cache: string | undefined;
  /** The request headers in the key of its cache (`cache.vary`). */
  readonly keyedBy: readonly string[];
  /** The state of the circuit at the call. */
  readonly breaker: string | undefined;
  /** The code of the failure for which a fallback stands in. */
  readonly fallback: string | undefined;
  readonly limit: 'queued' | 'refused' | undefined;
  readonly queuedMs: number;
  readonly isHedged: boolean;
  readonly attempts: readonly AttemptView[];
}

export interface PartView extends SiteView {
  readonly name: string;
  /** Since the request arrived. */
  readonly startMs: number;
  readonly durationMs: number | undefined;
  readonly usualMs: number | undefined;
  readonly failure: string | undefined;
  readonly isAbsent: boolean;
}

export interface AttemptView {
  readonly service: string;
  /** Scheme, host and port; undefined where no backend was called. */
  readonly target: string | undefined;
  /** Since the request arrived. */
  readonly startMs: number;
  /** From its start to the response headers or a failure; undefined without either. */
  readonly headersMs: number | undefined;
  /** From its start to its end; undefined if it went on after the request. */
  readonly durationMs: number | undefined;
  /** What 95 % of the attempts at this service take until the response headers. */
  readonly usualMs: number | undefined;
  readonly status: number | undefined;
  readonly outcome: string | undefined;
  /** Why it was made after another one: a status, or the code of a failure. */
  readonly retryOf: string | undefined;
}

export type FindingKind =
  | 'failure'
  | 'circuit'
  | 'limit'
  | 'slow'
  | 'retry'
  | 'queue'
  | 'miss'
  | 'fallback'
  | 'own-time'
  | 'client';

/** A reason why a request was slow, missed or failed. */
export interface RequestFinding {
  readonly kind: FindingKind;
  /** The part; undefined for the route itself. */
  readonly part: string | undefined;
  readonly text: string;
  /** The time that it cost; undefined for what is no matter of time. */
  readonly ms: number | undefined;
  /** The option that decides about it. */
  readonly option: OptionView | undefined;
}

export interface OptionView {
  /** As in the reference: `cache.vary`. */
  readonly name: string;
  /** Where it is written; undefined for a default, or where a function makes the definition. */
  readonly file: string | undefined;
  readonly line: number | undefined;
}
