import type { CallOutcomeName } from '../../core/call-outcome.ts';
import type { AttemptTarget } from '../../core/ports/journal.ts';
import type { FallbackUse } from '../../core/reply.ts';

// What is kept of a record. Times are those of `Clock.exact`.

export interface AttemptFacts {
  readonly service: string;
  /** Undefined where no backend was called. */
  readonly target: AttemptTarget | undefined;
  readonly startedAt: number;
  /** When response headers or a failure came; undefined without either. */
  readonly answeredAt: number | undefined;
  /** When nothing more of it was awaited; undefined if it went on after the request. */
  readonly endedAt: number | undefined;
  readonly outcome: CallOutcomeName | undefined;
  readonly status: number | undefined;
}

/** What happened at a call site: the route itself, or a part. */
export interface SiteFacts {
  readonly startedAt: number;
  /** Cache-Status; undefined without a cache. */
  readonly cacheStatus: string | undefined;
  readonly breaker: string | undefined;
  /** The code of the failure for which a fallback stands in. */
  readonly fallback: string | undefined;
  readonly limit: 'queued' | 'refused' | undefined;
  /** The milliseconds that it waited for a permit. */
  readonly queuedMs: number;
  readonly isHedged: boolean;
  /** Why each further attempt was made, in their order. */
  readonly retries: readonly string[];
  readonly attempts: readonly AttemptFacts[];
}

/** A part of an aggregate. */
export interface PartFacts extends SiteFacts {
  readonly name: string;
  /** The code of its failure. */
  readonly failure: string | undefined;
  /** Whether it failed, and nothing took its place. */
  readonly isAbsent: boolean;
  readonly endedAt: number | undefined;
}

export interface RequestFacts extends SiteFacts {
  readonly method: string;
  /** `unread` if the request could not be read. */
  readonly requestId: string;
  /** The trace of the request, in the form of the header; undefined if the request could not be read. */
  readonly traceParent: string | undefined;
  readonly route: string | undefined;
  /** The file of the route. */
  readonly file: string | undefined;
  readonly path: string;
  readonly status: number;
  readonly failureText: FailureText | undefined;
  /** Whether it is an event stream or a tunnel. */
  readonly isLongLived: boolean;
  readonly fallbacks: readonly FallbackUse[] | undefined;
  /** Milliseconds from the request headers to the last byte of the response. */
  readonly durationMs: number;
  /** Milliseconds of that in which it waited: for backends, permits, pauses, stores, and for the client. */
  readonly waitingMs: number;
  /** The last of these, in which the client received the end of the response. */
  readonly clientMs: number;
  readonly parts: readonly PartFacts[];
}

/** What is kept of a failure, whose causes may hold whatever a project's code threw. */
export interface FailureText {
  readonly code: string;
  readonly message: string;
  readonly blame: string;
}
