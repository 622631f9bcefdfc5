import type { CallOutcomeName } from '../call-outcome.ts';
import type { TraceFields } from '../trace-fields.ts';

/**
 * The record of a request, or of one part of it. Stages write it and never read it; log, metrics, Server-Timing,
 * `portico why` and spans read it. Every request has one, so a stage writes in one call what it knows already.
 */
export interface Journal {
  /** What the cache did, as Cache-Status (RFC 9211). */
  cached(status: string): void;
  /** The state of the circuit at the call: `closed`, `half-open`, `open`, or `held` if an operator forced it open. */
  circuit(state: string): void;
  /** The code of the failure for which a fallback stands in. */
  fellBack(code: string): void;
  /** The call waits for a permit of its service. */
  queued(): void;
  /** The call no longer waits for a permit: it has one, or its client has left. */
  admitted(): void;
  /** The limit of its service refused the call. */
  shed(): void;
  /** The call is sent once more. @param why the status or code of the attempt before. */
  retried(why: string): void;
  /** A second target is called since the first one takes long. */
  hedged(): void;
  /** An attempt at a target starts now. @param target undefined where no backend is called. */
  attempt(service: string, method: string, target?: AttemptTarget, pool?: TargetPoolReading): AttemptJournal;
  /** The journal of a part of an aggregate, with its own duration. */
  part(name: string): Journal;
  /** The request waits for something else than an attempt or a permit: a pause, a store, another request. */
  waits(): void;
  /** It no longer waits for that. */
  continues(): void;
  /** The code of the failure of a part. */
  failed(code: string): void;
  /** Nothing takes the place of a failed part. */
  absent(): void;
  /** The work of this journal is done. */
  end(): void;
}

export interface AttemptTarget {
  readonly origin: string;
}

/** The targets of a service. */
export interface TargetPoolReading {
  targets(): readonly {
    /** Why it is not in use; undefined if it is. */
    readonly aside: string | undefined;
  }[];
}

/** The record of one attempt. */
export interface AttemptJournal {
  /** What the backend gets of its trace; undefined if nobody records traces, and the request keeps its own fields. */
  readonly trace: TraceFields | undefined;
  /** The response headers, or a failure. @param status undefined without a response. @param afterMs since its start. */
  answered(outcome: CallOutcomeName, status: number | undefined, afterMs: number): void;
  /** The gateway no longer waits for anything of this attempt. A second call has no effect. */
  end(): void;
}

/** What is known of a request once its head is read. */
export interface TracedRequest {
  readonly id: string;
  readonly protocol: 'http' | 'https';
  /** The trace that the request belongs to. */
  readonly trace: TraceFields;
  /** Whether the trace began before the gateway. */
  readonly isContinued: boolean;
}

/** The journal of a whole request. */
export interface RequestJournal extends Journal {
  identified(request: TracedRequest): void;
}
