import {
  type Attributes,
  type Context,
  createTraceState,
  type Tracer as LibraryTracer,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Clock } from '../core/ports/clock.ts';
import type { AttemptTarget, TracedRequest } from '../core/ports/journal.ts';
import type {
  AttemptSpan,
  EndedAttempt,
  EndedRequest,
  PartSpan,
  RequestSpan,
  SiteSpan,
  Tracer,
} from '../core/ports/tracer.ts';
import type { TraceFields } from '../core/trace-fields.ts';
import { traceIdIn } from '../core/trace-fields.ts';
import { porticoVersion } from '../core/version.ts';

/** Sampled (W3C Trace Context §3.2.2.5) and random (Level 2, §3.2.3.2); no other flag is defined. */
const KNOWN_FLAGS = 0x03;

/**
 * Records spans by OpenTelemetry's names for HTTP (semantic conventions 1.29, "HTTP spans"): one of the request, one of
 * each part, and one of each attempt at a target, whose id the target gets as its parent.
 */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer: LibraryTracer;
  readonly #clock: Clock;

  constructor(provider: TracerProvider, clock: Clock) {
    this.#tracer = provider.getTracer('portico', porticoVersion());
    this.#clock = clock;
  }

  request({ protocol, trace: fields, isContinued }: TracedRequest, method: string, startedAt: number): RequestSpan {
    const parent = isContinued ? trace.setSpanContext(ROOT_CONTEXT, contextOf(fields)) : ROOT_CONTEXT;
    const span = this.#start(method, parent, SpanKind.SERVER, startedAt, {
      'http.request.method': method,
      'url.scheme': protocol,
    });
    return new StartedRequest(this, span, parent);
  }

  startSpan(
    name: string,
    parent: Context,
    kind: SpanKind,
    startedAt: number | undefined,
    attributes: Attributes,
  ): Span {
    return this.#start(name, parent, kind, startedAt, attributes);
  }

  /** In milliseconds since the epoch by the wall clock, as the spans of other programs. */
  wallTime(at: number): number {
    return at + this.#clock.wall() - this.#clock.now();
  }

  #start(name: string, parent: Context, kind: SpanKind, startedAt = this.#clock.exact(), attributes: Attributes = {}) {
    return this.#tracer.startSpan(name, { kind, startTime: this.wallTime(startedAt), attributes }, parent);
  }
}

/** A span under which others are. */
class StartedSite implements SiteSpan {
  protected readonly tracer: OpenTelemetryTracer;
  protected readonly span: Span;
  readonly #context: Context;

  constructor(tracer: OpenTelemetryTracer, span: Span, parent: Context) {
    this.tracer = tracer;
    this.span = span;
    this.#context = trace.setSpan(parent, span);
  }

  part(name: string, startedAt: number): PartSpan {
    const span = this.tracer.startSpan(`part ${name}`, this.#context, SpanKind.INTERNAL, startedAt, {
      'portico.part': name,
    });
    return new StartedPart(this.tracer, span, this.#context);
  }

  attempt(service: string, number: number, method: string, target: AttemptTarget | undefined): AttemptSpan {
    const span = this.tracer.startSpan(method, this.#context, SpanKind.CLIENT, undefined, {
      'http.request.method': method,
      'portico.service': service,
      ...addressOf(target),
      // The first attempt has none.
      ...(number > 1 && { 'http.request.resend_count': number - 1 }),
    });
    return new StartedAttempt(this.tracer, span);
  }
}

class StartedRequest extends StartedSite implements RequestSpan {
  get traceParent(): string {
    return fieldsOf(this.span.spanContext()).parent;
  }

  end(request: EndedRequest, endedAt: number): void {
    const { method, path, route, status, errorType, requestId } = request;
    const { span } = this;
    if (route !== undefined) span.updateName(`${method} ${route}`);
    span.setAttributes({
      'url.path': path,
      'http.response.status_code': status,
      'portico.request_id': requestId,
      ...(route !== undefined && { 'http.route': route }),
      ...(errorType !== undefined && { 'error.type': errorType }),
    });
    // HTTP spans, "Status": a server span has failed with 5xx alone.
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(this.tracer.wallTime(endedAt));
  }
}

class StartedPart extends StartedSite implements PartSpan {
  end(failure: string | undefined, endedAt: number): void {
    if (failure !== undefined) {
      this.span.setAttribute('error.type', failure);
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end(this.tracer.wallTime(endedAt));
  }
}

class StartedAttempt implements AttemptSpan {
  readonly fields: TraceFields;
  readonly #tracer: OpenTelemetryTracer;
  readonly #span: Span;

  constructor(tracer: OpenTelemetryTracer, span: Span) {
    this.#tracer = tracer;
    this.#span = span;
    this.fields = fieldsOf(span.spanContext());
  }

  end({ endedAt = 0, status, outcome }: EndedAttempt): void {
    const span = this.#span;
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    // HTTP spans, "Status": a client span has failed with 4xx too.
    const error =
      status === undefined || outcome === 'truncated' ? outcome : status >= 400 ? String(status) : undefined;
    if (error !== undefined) {
      span.setAttribute('error.type', error);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(this.#tracer.wallTime(endedAt));
  }
}

function addressOf(target: AttemptTarget | undefined): Attributes {
  const url = target && URL.parse(target.origin);
  if (!url) return {};
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { 'server.address': url.hostname, 'server.port': port };
}

function contextOf({ parent, state }: TraceFields): SpanContext {
  return {
    traceId: traceIdIn(parent),
    spanId: parent.slice(36, 52),
    traceFlags: Number.parseInt(parent.slice(53, 55), 16) & KNOWN_FLAGS,
    isRemote: true,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  };
}

function fieldsOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceFields {
  const flags = (traceFlags & KNOWN_FLAGS).toString(16).padStart(2, '0');
  return { parent: `00-${traceId}-${spanId}-${flags}`, state: traceState?.serialize() || undefined };
}
