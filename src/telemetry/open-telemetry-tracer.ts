import {
  type Attributes,
  type Context,
  createTraceState,
  isSpanContextValid,
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
 * each part, and one of each attempt at a target, whose id the target gets as its parent. An SDK that throws costs its
 * spans, and no request.
 */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer: LibraryTracer;
  readonly #clock: Clock;

  constructor(provider: TracerProvider, clock: Clock) {
    this.#tracer = provider.getTracer('portico', porticoVersion());
    this.#clock = clock;
  }

  request(traced: TracedRequest, method: string, startedAt: number): RequestSpan | undefined {
    const { protocol, trace: fields, isContinued } = traced;
    const parent = isContinued ? trace.setSpanContext(ROOT_CONTEXT, contextOf(fields)) : ROOT_CONTEXT;
    const spans = new SpansOfRequest(this.#tracer, this.#clock);
    const attributes = { 'http.request.method': method, 'url.scheme': protocol };
    const span = spans.start(method, parent, SpanKind.SERVER, startedAt, attributes);
    return span && new StartedRequest(spans, span, parent);
  }
}

/** Starts and ends the spans of one request. */
class SpansOfRequest {
  readonly #tracer: LibraryTracer;
  readonly #clock: Clock;
  /** From the gateway's clock to that of other programs: one for all spans, so that none ends before it begins. */
  readonly #offsetMs: number;

  constructor(tracer: LibraryTracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#offsetMs = clock.wall() - clock.exact();
  }

  now(): number {
    return this.#clock.exact();
  }

  /** Undefined from an SDK that throws, and from one that gives no valid context: the trace is then the gateway's. */
  start(name: string, parent: Context, kind: SpanKind, startedAt: number, attributes: Attributes): Span | undefined {
    try {
      const startTime = startedAt + this.#offsetMs;
      const span = this.#tracer.startSpan(name, { kind, startTime, attributes }, parent);
      return isSpanContextValid(span.spanContext()) ? span : undefined;
    } catch {
      return undefined;
    }
  }

  end(span: Span, endedAt: number, tell: (span: Span) => void): void {
    try {
      tell(span);
      span.end(endedAt + this.#offsetMs);
    } catch {
      // Its own log says so, if it has one.
    }
  }
}

/** A span under which others are. */
class StartedSite implements SiteSpan {
  protected readonly spans: SpansOfRequest;
  protected readonly span: Span;
  readonly #context: Context;

  constructor(spans: SpansOfRequest, span: Span, parent: Context) {
    this.spans = spans;
    this.span = span;
    this.#context = trace.setSpan(parent, span);
  }

  part(name: string, startedAt: number): PartSpan | undefined {
    const attributes = { 'portico.part': name };
    const span = this.spans.start(`part ${name}`, this.#context, SpanKind.INTERNAL, startedAt, attributes);
    return span && new StartedPart(this.spans, span, this.#context);
  }

  attempt(service: string, number: number, method: string, target: AttemptTarget | undefined): AttemptSpan | undefined {
    const span = this.spans.start(method, this.#context, SpanKind.CLIENT, this.spans.now(), {
      'http.request.method': method,
      'portico.service': service,
      ...addressOf(target),
      // The first attempt has none.
      ...(number > 1 && { 'http.request.resend_count': number - 1 }),
    });
    return span && new StartedAttempt(this.spans, span);
  }
}

class StartedRequest extends StartedSite implements RequestSpan {
  get traceParent(): string {
    return fieldsOf(this.span.spanContext()).parent;
  }

  end(request: EndedRequest, endedAt: number): void {
    const { method, path, route, status, errorType, requestId } = request;
    this.spans.end(this.span, endedAt, span => {
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
    });
  }
}

class StartedPart extends StartedSite implements PartSpan {
  end(failure: string | undefined, endedAt: number): void {
    this.spans.end(this.span, endedAt, span => fail(span, failure));
  }
}

class StartedAttempt implements AttemptSpan {
  readonly fields: TraceFields;
  readonly #spans: SpansOfRequest;
  readonly #span: Span;

  constructor(spans: SpansOfRequest, span: Span) {
    this.#spans = spans;
    this.#span = span;
    this.fields = fieldsOf(span.spanContext());
  }

  end({ endedAt = 0, status, outcome }: EndedAttempt): void {
    this.#spans.end(this.#span, endedAt, span => {
      if (status !== undefined) span.setAttribute('http.response.status_code', status);
      // HTTP spans, "Status": a client span has failed with 4xx too.
      fail(
        span,
        status === undefined || outcome === 'truncated' ? outcome : status >= 400 ? String(status) : undefined,
      );
    });
  }
}

function fail(span: Span, error: string | undefined): void {
  if (error === undefined) return;
  span.setAttribute('error.type', error);
  span.setStatus({ code: SpanStatusCode.ERROR });
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
