import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { TracedRequest } from '../../core/ports/journal.ts';
import type { OpenRecord, RequestEnd } from '../../core/ports/observer.ts';
import type { RequestSpan, Tracer } from '../../core/ports/tracer.ts';
import type { FallbackUse } from '../../core/reply.ts';
import type { FailureText, RequestFacts } from './facts.ts';
import { SiteRecord } from './site-record.ts';
import { WaitingTime } from './waiting-time.ts';

/** Receives the records of requests. */
export interface RecordReader {
  /** The request counts as active from now on. */
  began(record: RequestRecord): void;
  finished(record: RequestRecord): void;
}

/** What happened to a request. Log, metrics, Server-Timing, recent requests and spans read it. */
export class RequestRecord extends SiteRecord implements OpenRecord, RequestFacts {
  readonly method: string;
  /** `unread` if the request could not be read. */
  requestId: string;
  protocol: TracedRequest['protocol'];
  /** The trace of the request, in the form of the header; undefined if the request could not be read. */
  traceParent: string | undefined;
  route: string | undefined;
  /** The file of the route. */
  file: string | undefined;
  path: string;
  /** 0 until the end, like the times below. */
  status: number;
  /** With its causes, which may hold whatever a project's code threw: only until everybody has read it. */
  failure: GatewayError | undefined;
  failureText: FailureText | undefined;
  /** Whether it is an event stream or a tunnel. */
  isLongLived: boolean;
  /** The code of a failure, or the status of another 5xx; undefined for a success. */
  errorType: string | undefined;
  fallbacks: readonly FallbackUse[] | undefined;
  /** Milliseconds from the request headers to the last byte of the response. */
  durationMs: number;
  /** Milliseconds of that in which it waited: for backends, permits, pauses, stores, and for the client. */
  waitingMs: number;
  /** The last of these, in which the client received the end of the response. */
  clientMs: number;
  /** Where it is counted as active. */
  active: { count: number } | undefined;
  #writtenAt: number | undefined;
  #traced: TracedRequest | undefined;
  #span: RequestSpan | undefined;
  readonly #reader: RecordReader;
  readonly #tracer: Tracer | undefined;

  constructor(method: string, clock: Clock, reader: RecordReader, tracer: Tracer | undefined) {
    super(new WaitingTime(clock), clock.exact());
    this.method = method;
    this.requestId = 'unread';
    this.protocol = 'http';
    this.traceParent = undefined;
    this.route = undefined;
    this.file = undefined;
    this.path = '';
    this.status = 0;
    this.failure = undefined;
    this.failureText = undefined;
    this.isLongLived = false;
    this.errorType = undefined;
    this.fallbacks = undefined;
    this.durationMs = 0;
    this.waitingMs = 0;
    this.clientMs = 0;
    this.active = undefined;
    this.#writtenAt = undefined;
    this.#traced = undefined;
    this.#span = undefined;
    this.#reader = reader;
    this.#tracer = tracer;
  }

  protected get span(): RequestSpan | undefined {
    return this.#span;
  }

  /** Milliseconds until now. */
  elapsedMs(): number {
    return this.waiting.now() - this.startedAt;
  }

  identified(traced: TracedRequest): void {
    this.requestId = traced.id;
    this.protocol = traced.protocol;
    this.traceParent = traced.trace.parent;
    if (this.#tracer !== undefined) this.#traced = traced;
  }

  begin(): void {
    if (this.#traced !== undefined) this.#startSpan(this.#traced);
    this.#reader.began(this);
  }

  /** Not before it is known that the gateway handles the request. */
  #startSpan(traced: TracedRequest): void {
    this.#traced = undefined;
    this.#span = this.#tracer?.request(traced, this.method, this.startedAt);
    this.traceParent = this.#span?.traceParent ?? this.traceParent;
  }

  written(): void {
    this.#writtenAt = this.waiting.now();
  }

  finish({ route, file, status, path, failure, fallbacks, isLongLived }: RequestEnd): void {
    const { waiting } = this;
    const endedAt = waiting.now();
    this.route = route;
    this.file = file;
    this.status = status;
    this.path = path;
    this.failure = failure;
    this.failureText = failure && textOf(failure);
    this.errorType = failure === undefined ? errorOf(status) : failure.code;
    this.fallbacks = fallbacks;
    this.isLongLived = isLongLived;
    this.durationMs = endedAt - this.startedAt;
    this.clientMs = endedAt - (this.#writtenAt ?? endedAt);
    this.waitingMs = waiting.until(endedAt) + this.clientMs;
    // A request that could not be read has a span, too.
    if (this.#traced !== undefined) this.#startSpan(this.#traced);
    this.#span?.end(this, endedAt);
    this.#reader.finished(this);
    // What is kept afterwards must not hold the project's objects.
    this.failure = undefined;
  }

  // A whole request fails with `finish`.
  failed(): void {}

  absent(): void {}

  end(): void {}
}

function textOf({ code, message, blame }: GatewayError): FailureText {
  return { code, message, blame };
}

function errorOf(status: number): string | undefined {
  return status < 500 ? undefined : String(status);
}
