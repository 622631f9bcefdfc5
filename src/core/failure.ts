import { type Blame, type CallOutcome, type CallOutcomeName, callOutcome, type Outcome } from './call-outcome.ts';
import { isTransient } from './transient.ts';

interface FailureKind {
  readonly status: number;
  readonly title: string;
  /** What breaker, balancer, limiter, retry, log and metrics make of it. */
  readonly finding: CallOutcomeName;
  /** How RFC 9209 names it in `Proxy-Status`. */
  readonly proxyStatus?: string;
}

const client = (status: number, title: string): FailureKind => ({ status, title, finding: 'refused' });
const left = (title: string): FailureKind => ({ status: 499, title, finding: 'client_disconnected' });
const own = (status: number, title: string): FailureKind => ({ status, title, finding: 'gateway_error' });
const upstream = (name: CallOutcomeName, status: number, title: string, proxyStatus: string): FailureKind => ({
  status,
  title,
  finding: name,
  proxyStatus,
});

/**
 * Every failure a request can meet, by its dotted code. The code stands in the error, the log, the metrics and
 * problem+json.
 */
const FAILURES = {
  'request.malformed': client(400, 'Malformed request'),
  'request.invalid': client(400, 'Invalid parameters'),
  'request.unauthorized': client(401, 'Not signed in'),
  'request.forbidden': client(403, 'Forbidden'),
  'request.not_found': client(404, 'Not found'),
  'request.method_not_allowed': client(405, 'Method not allowed'),
  'request.timeout': client(408, 'Request timed out'),
  'request.body_too_large': client(413, 'Body too large'),
  'request.url_too_long': client(414, 'Address too long'),
  'request.head_too_large': client(431, 'Headers too large'),
  'request.unsupported_media_type': client(415, 'Unsupported media type'),
  'request.unprocessable': client(422, 'Invalid body'),
  'request.upgrade_refused': client(426, 'No upgrade here'),
  'request.unknown_host': client(421, 'Unknown host'),
  'request.refused': client(403, 'Refused'),

  'request.loop': own(508, 'Loop detected'),
  'request.unsafe_segment': client(400, 'Unsafe path segment'),
  'part.not_needed': left('Another part failed'),
  'hedge.outrun': { status: 499, title: 'Another target was faster', finding: 'hedge_lost' },
  'client.gone': left('Client closed the connection'),
  'gateway.error': own(500, 'Internal error'),
  'gateway.body_taken': own(500, 'Body already read'),
  // RFC 9111 §5.2.1.7.
  'cache.only_if_cached': client(504, 'Not stored'),
  'cache.uncovered_header': own(500, 'Internal error'),
  'reply.invalid': own(500, 'Internal error'),
  'limit.shed': own(503, 'Too many requests in flight'),
  'breaker.open': {
    status: 503,
    title: 'Upstream unavailable',
    finding: 'short_circuited',
    proxyStatus: 'destination_unavailable',
  },
  'upstream.unreachable': upstream('unreachable', 502, 'Upstream unreachable', 'connection_refused'),
  'upstream.connect_timeout': upstream('unreachable', 502, 'Upstream unreachable', 'connection_timeout'),
  'upstream.unresolved': upstream('unknown', 502, 'Upstream unreachable', 'dns_error'),
  'upstream.untrusted': upstream('unknown', 502, 'Upstream not trusted', 'tls_certificate_error'),
  'upstream.tls': upstream('unknown', 502, 'Upstream refused the connection', 'tls_alert_received'),
  'upstream.reset': upstream('reset', 502, 'Upstream closed the connection', 'connection_terminated'),
  'upstream.malformed': upstream('malformed', 502, 'Upstream sent no valid HTTP', 'http_protocol_error'),
  'upstream.head_too_large': upstream(
    'malformed',
    502,
    'Upstream sent too many headers',
    'http_response_header_section_size',
  ),
  'upstream.too_large': upstream('invalid_response', 502, 'Upstream sent too much', 'http_response_body_size'),
  'upstream.timeout': upstream('timeout', 504, 'Upstream timed out', 'http_response_timeout'),
  'upstream.stalled': upstream('truncated', 504, 'Upstream stalled', 'http_response_timeout'),
  'upstream.leaks': upstream('address_leak', 502, 'Upstream names itself in its response', 'http_protocol_error'),
  'upstream.status': upstream('server_error', 502, 'Upstream failed', 'http_response_incomplete'),
  // A backend's 4xx to a part that the response cannot do without: the request was wrong, not the backend.
  'upstream.refused': { status: 404, title: 'Not available', finding: 'declined' },
  'upstream.invalid': upstream('invalid_response', 502, 'Upstream sent something unexpected', 'http_protocol_error'),
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

export interface FailureDetails {
  readonly cause?: unknown;
  /** Instead of the code's own status: a guard's refusal, a backend's status. */
  readonly status?: number;
  /** What did not fit, for validation problems. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** Header fields that belong to the response: `Allow`, `Retry-After`. */
  readonly headers?: readonly string[];
  /** Whether nothing can have happened at the backend: the request was never handed to a socket. */
  readonly neverSent?: boolean;
  /** Whether any byte of a response had arrived. */
  readonly hasResponse?: boolean;
  /** The backend's status, where its response is what went wrong. */
  readonly backendStatus?: number;
}

/**
 * The one error at run time: what happened (`code`), whose fault it was (`blame`), what the client gets (`status`,
 * `message`), and the cause for the log. The message is shown to clients: it never contains the address of a backend.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: FailureCode;
  readonly status: number;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? FAILURES[code].status;
    this.details = details;
  }

  /**
   * The same failure with extra fields for one response. Failures are shared, so fields for one client must not stay on
   * them.
   */
  saying(headers: readonly string[]): GatewayError {
    const details = { ...this.details, headers: [...(this.details.headers ?? []), ...headers] };
    return Object.create(this, { details: { value: details, enumerable: true } });
  }

  get finding(): CallOutcome {
    return callOutcome(FAILURES[this.code].finding);
  }

  /** For failures that have a blame, which all have. */
  get blame(): Blame {
    return this.finding.blame ?? 'gateway';
  }

  get title(): string {
    return FAILURES[this.code].title;
  }

  get outcome(): Outcome {
    return this.finding.outcome;
  }

  get proxyStatus(): string | undefined {
    const kind: FailureKind = FAILURES[this.code];
    return kind.proxyStatus;
  }
}

/** Whatever was thrown, as a failure: a team's own exception is the gateway's 500, with the stack in the log only. */
export function asFailure(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('gateway.error', 'Something went wrong in the gateway', { cause: thrown });
}

/**
 * Whether a backend's response is what went wrong, and says what the resource is by now: what was stored of it is over.
 */
export function isWithdrawal({ details: { backendStatus } }: GatewayError): boolean {
  return backendStatus !== undefined && !isTransient(backendStatus);
}

/**
 * A failure made once when routes load, thrown often: building an Error with its stack for each refusal would feed the
 * storm.
 */
export function precomputed(code: FailureCode, message: string, details: FailureDetails = {}): GatewayError {
  const { stackTraceLimit } = Error;
  // Each service and route has some of these, and their stack, which is never read, is most of the cost of making one.
  Error.stackTraceLimit = 0;
  const failure = new GatewayError(code, message, details);
  Error.stackTraceLimit = stackTraceLimit;
  return failure;
}
