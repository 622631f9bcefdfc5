import type { CallOutcomeName } from '../call-outcome.ts';
import type { TraceFields } from '../trace-fields.ts';
import type { AttemptTarget, TracedRequest } from './journal.ts';

// What a gateway needs of OpenTelemetry. Times are those of `Clock.exact`. Contexts are passed on explicitly, because
// following them over every promise costs more than a request.

/**
 * Records spans; a gateway has one only if the program has registered an SDK. What it gives is undefined where the SDK
 * fails.
 */
export interface Tracer {
  /** @param startedAt when the request arrived. */
  request(request: TracedRequest, method: string, startedAt: number): RequestSpan | undefined;
}

/** The span of a request, or of a part. */
export interface SiteSpan {
  part(name: string, startedAt: number): PartSpan | undefined;
  /** @param number the number of the attempt, starting with 1. @param target undefined where no backend is called. */
  attempt(service: string, number: number, method: string, target: AttemptTarget | undefined): AttemptSpan | undefined;
}

export interface RequestSpan extends SiteSpan {
  /** Of this span, in the form of the header. */
  readonly traceParent: string;
  end(request: EndedRequest, endedAt: number): void;
}

export interface PartSpan extends SiteSpan {
  /** @param failure the code of the part's failure; undefined for a success. */
  end(failure: string | undefined, endedAt: number): void;
}

export interface AttemptSpan {
  /** What the backend gets: its parent is this span. */
  readonly fields: TraceFields;
  end(attempt: EndedAttempt): void;
}

export interface EndedRequest {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly errorType: string | undefined;
}

export interface EndedAttempt {
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly status: number | undefined;
  readonly outcome: CallOutcomeName | undefined;
}
