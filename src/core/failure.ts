import { type Blame, type CallOutcome, type CallOutcomeName, callOutcome, type Outcome } from './call-outcome.ts';
import { isTransient } from './transient.ts';

interface FailureKind {
  readonly status: number;
  readonly title: string;
  /** Its outcome for breaker, balancer, limiter, retry, log and metrics. */
  readonly finding: CallOutcomeName;
  /** Its name in `Proxy-Status` (RFC 9209). */
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
 * Every failure of a request by its dotted code, as used in errors, log, metrics and problem+json. docs/errors.md is
 * generated from the docstrings: the first sentence is the meaning, the rest is the remedy.
 */
const FAILURES = {
  /** The request is not valid HTTP, or it contains ambiguous bytes, names or paths. Send a valid request. */
  'request.malformed': client(400, 'Malformed request'),
  /**
   * Path params or query do not match their schema; `errors` lists JSON pointers. Correct the request or the schema.
   */
  'request.invalid': client(400, 'Invalid parameters'),
  /** The route needs a user, or a guard returned `refuse(401)`. Sign in, or send a valid token. */
  'request.unauthorized': client(401, 'Not signed in'),
  /**
   * A guard returned `refuse(403)`, or pages of the origin may not open a WebSocket, send a form, send a command, or
   * call the route (CORS). Add the origin to `allowedOrigins`, or to `cors.origins`, if they may.
   */
  'request.forbidden': client(403, 'Forbidden'),
  /**
   * A page of another origin may not send this with the user's cookies, or nothing says which page sent it. Add the
   * origin to `csrf.origins` if it may; a program sends no cookies, or the gateway's own address as `Origin`.
   */
  'request.cross_site': client(403, 'Cross-site request'),
  /** The session was ended, or the identity provider no longer accepts it. Sign in again. */
  'session.ended': client(401, 'Session ended'),
  /**
   * The identity provider's response belongs to no sign-in that this browser has begun, or to one that is over. Begin
   * the sign-in again.
   */
  'signin.failed': client(400, 'Sign-in failed'),
  /** The identity provider, or the user there, refused the sign-in. Begin it again, or ask who manages the account. */
  'signin.denied': client(403, 'Sign-in refused'),
  /** The claims of the user do not fit into a cookie. List those that are needed in `auth.oidc.claims`. */
  'session.too_large': own(500, 'Session too large'),
  /** The store of the sessions does not respond. Check Redis, or the file of `session.path`. */
  'session.unavailable': own(503, 'Sessions unavailable'),
  /** The identity provider does not respond, or not as the standards say. Check it; sessions go on meanwhile. */
  'identity.unavailable': own(503, 'Identity provider unavailable'),
  /** The identity provider gave no token for a service. Check what the gateway's client may request there. */
  'identity.refused': own(502, 'No token for a service'),
  /** No route matches the path. Compare it with `portico routes`. */
  'request.not_found': client(404, 'Not found'),
  /** Routes match the path but not the method; `Allow` lists the methods. Add a file with the method's suffix. */
  'request.method_not_allowed': client(405, 'Method not allowed'),
  /** Request headers or body arrived too slowly. Raise `limits.headersTimeout`, or lower `limits.minBodyRate`. */
  'request.timeout': client(408, 'Request timed out'),
  /** More requests than a `rateLimit` allows. Wait for `Retry-After`, or raise the rate or its `burst`. */
  'request.rate_limited': client(429, 'Too many requests'),
  /**
   * The request body exceeds `limits.body`, also while it is inflated, or a form has more than 1,000 fields. Raise the
   * limit of the route, or that of the gateway for a body that is read.
   */
  'request.body_too_large': client(413, 'Body too large'),
  /** The request target exceeds `limits.url`. Shorten it, or raise the limit. */
  'request.url_too_long': client(414, 'Address too long'),
  /**
   * Header fields or cookies exceed `limits.head`, `limits.headers` or `limits.cookies`. Remove cookies, or raise the
   * limit.
   */
  'request.head_too_large': client(431, 'Headers too large'),
  /**
   * A body that is read is neither JSON nor a form, not in UTF-8, or its content encoding is not gzip, br or zstd. Send
   * `application/json`, `application/x-www-form-urlencoded` or `multipart/form-data`.
   */
  'request.unsupported_media_type': client(415, 'Unsupported media type'),
  /** The body does not match its schema; `errors` lists JSON pointers. Correct the body or the schema. */
  'request.unprocessable': client(422, 'Invalid body'),
  /** The route does not accept a WebSocket. Use a proxy route for GET without `upgrade: false`. */
  'request.upgrade_refused': client(426, 'No upgrade here'),
  /** No route serves the host. Add it to `host` of a `_defaults.ts`. */
  'request.unknown_host': client(421, 'Unknown host'),
  /** A guard or a middleware rejected the request with a status of its own. See the status and the detail. */
  'request.refused': client(403, 'Refused'),

  /** The request has already passed this gateway (`Via`). Correct the target that leads back to the gateway. */
  'request.loop': own(508, 'Loop detected'),
  /** A value for a path segment is empty or a dot segment. Validate the param, or encode the value differently. */
  'request.unsafe_segment': client(400, 'Unsafe path segment'),
  /**
   * Another part of the aggregate failed, so this call was cancelled. See the failure of the other part; no client
   * receives this code.
   */
  'part.not_needed': left('Another part failed'),
  /** Another target of a hedged call responded first. Nothing to do; no client receives this code. */
  'hedge.outrun': { status: 499, title: 'Another target was faster', finding: 'hedge_lost' },
  /** The client closed the connection before the response was complete. Nothing to do; it appears in the log only. */
  'client.gone': left('Client closed the connection'),
  /** The project's code, a plugin or the gateway threw. The log holds the stack under the request id. */
  'gateway.error': own(500, 'Internal error'),
  /** Middleware read the request body before the gateway did. Remove the body parser in front of the gateway. */
  'gateway.body_taken': own(500, 'Body already read'),
  /**
   * The client sent `Cache-Control: only-if-cached` and nothing is stored (RFC 9111 §5.2.1.7). Send the request without
   * it.
   */
  'cache.only_if_cached': client(504, 'Not stored'),
  /**
   * A function of `headers` read a field that the cache key does not cover. Add the field to `cache.vary`, or do not
   * read it.
   */
  'cache.uncovered_header': own(500, 'Internal error'),
  /**
   * The result of a handler or an aggregate is no JSON, or does not match the `response` schema. Correct the function
   * or the schema; the log has the position.
   */
  'reply.invalid': own(500, 'Internal error'),
  /**
   * `portico dev --replay` has no recording of a request to a backend; the detail names the nearest ones. Run
   * `portico record` and send the request.
   */
  'replay.not_recorded': own(501, 'Not recorded'),
  /**
   * With `dev --mock`, the route or the part has no schema of its response, it is a stream, or no value is found that
   * fits. Declare `response` as a schema.
   */
  'mock.unknown_response': own(501, 'Nothing to respond with'),
  /**
   * The service's limit, its queue or the event loop of this process had no capacity, or the deadline passed in the
   * queue. Wait for `Retry-After`, add targets, or raise `concurrency`.
   */
  'limit.shed': own(503, 'Too many requests in flight'),
  /**
   * The count of a `rateLimit` with `closed` that processes share did not respond in 50 ms. Check Redis, or leave out
   * `closed`.
   */
  'limit.uncounted': own(503, 'Requests cannot be counted'),
  /** The circuit of the call site is open. Wait for `Retry-After`, or see `portico breaker ls`. */
  'breaker.open': {
    status: 503,
    title: 'Upstream unavailable',
    finding: 'short_circuited',
    proxyStatus: 'destination_unavailable',
  },
  /**
   * No connection to a target: it was refused, or there is no network route. Check the address and whether the backend
   * runs.
   */
  'upstream.unreachable': upstream('unreachable', 502, 'Upstream unreachable', 'connection_refused'),
  /** No connection within `timeout.connect`. Check the network, or raise the limit. */
  'upstream.connect_timeout': upstream('unreachable', 502, 'Upstream unreachable', 'connection_timeout'),
  /** The name of a target has no address. Check the name and the DNS. */
  'upstream.unresolved': upstream('unknown', 502, 'Upstream unreachable', 'dns_error'),
  /** The certificate of a target is not trusted. Set `tls.ca` or `tls.servername`. */
  'upstream.untrusted': upstream('unknown', 502, 'Upstream not trusted', 'tls_certificate_error'),
  /** The TLS handshake with a target failed. Check its TLS version and `tls.cert`. */
  'upstream.tls': upstream('unknown', 502, 'Upstream refused the connection', 'tls_alert_received'),
  /**
   * The connection ended before any byte of a response. Check the backend's log; `retry` sends idempotent requests
   * again.
   */
  'upstream.reset': upstream('reset', 502, 'Upstream closed the connection', 'connection_terminated'),
  /** The response is not valid HTTP. Correct the backend. */
  'upstream.malformed': upstream('malformed', 502, 'Upstream sent no valid HTTP', 'http_protocol_error'),
  /** The response headers exceed `responseHeaders` of the service. Shorten them, or raise the limit. */
  'upstream.head_too_large': upstream(
    'malformed',
    502,
    'Upstream sent too many headers',
    'http_response_header_section_size',
  ),
  /** A response that is read exceeds the size limit. Shorten it, or stream it with `proxy`. */
  'upstream.too_large': upstream('invalid_response', 502, 'Upstream sent too much', 'http_response_body_size'),
  /**
   * No response headers within `timeout.headers`, or the deadline passed. Raise the limit, or make the backend faster.
   */
  'upstream.timeout': upstream('timeout', 504, 'Upstream timed out', 'http_response_timeout'),
  /** The body paused for longer than `timeout.idle`. Raise the limit, or correct the backend. */
  'upstream.stalled': upstream('truncated', 504, 'Upstream stalled', 'http_response_timeout'),
  /**
   * `leakGuard: 'fail'` found a backend's address in a body. Remove it there, or set `public: true` for the service.
   */
  'upstream.leaks': upstream('address_leak', 502, 'Upstream names itself in its response', 'http_protocol_error'),
  /** A backend returned a 5xx to a call whose response is needed. Check the backend's log. */
  'upstream.status': upstream('server_error', 502, 'Upstream failed', 'http_response_incomplete'),
  /** A backend returned a 4xx for a required part. Correct the call, or make the part `optional`. */
  'upstream.refused': { status: 404, title: 'Not available', finding: 'declined' },
  /**
   * A response that is read is not JSON, or does not match its schema. Correct the backend or the `response` schema.
   */
  'upstream.invalid': upstream('invalid_response', 502, 'Upstream sent something unexpected', 'http_protocol_error'),
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

export interface FailureDetails {
  readonly cause?: unknown;
  /** Replaces the code's own status: that of a guard's rejection or of a backend. */
  readonly status?: number;
  /** The mistakes of a validation problem. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** Where a browser signs in. */
  readonly login?: string;
  /** Header fields of the response: `Allow`, `Retry-After`. */
  readonly headers?: readonly string[];
  /** Whether the backend cannot have received the request: it was never handed to a socket. */
  readonly neverSent?: boolean;
  /** Whether any byte of a response had arrived. */
  readonly hasResponse?: boolean;
  /** The status of a backend whose response is the failure. */
  readonly backendStatus?: number;
}

/**
 * The only error class at run time: the failure (`code`), who caused it (`blame`), the response (`status`, `message`),
 * and the cause for the log. Clients see the message, so it never contains the address of a backend.
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
   * The same failure with extra fields for one response. Failures are shared, so they must not keep fields for one
   * client.
   */
  saying(headers: readonly string[]): GatewayError {
    const details = { ...this.details, headers: [...(this.details.headers ?? []), ...headers] };
    return Object.create(this, { details: { value: details, enumerable: true } });
  }

  get finding(): CallOutcome {
    return callOutcome(FAILURES[this.code].finding);
  }

  /** Who caused it. */
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

/** Converts any thrown value to a failure: a team's own exception becomes a 500, with the stack in the log only. */
export function asFailure(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('gateway.error', 'Something went wrong in the gateway', { cause: thrown });
}

/**
 * Whether a backend's response is the failure and states a new state of the resource, so that the stored response must
 * be removed.
 */
export function isWithdrawal({ details: { backendStatus } }: GatewayError): boolean {
  return backendStatus !== undefined && !isTransient(backendStatus);
}

/**
 * Whether the user's session has ended, which fails the whole response: a browser that got another one would keep a
 * cookie that leads nowhere.
 */
export function isEndOfSession({ code }: GatewayError): boolean {
  return code === 'session.ended';
}

/**
 * A failure that is created once at load and thrown often: a new Error with a stack for each rejection would add load
 * in an overload.
 */
export function precomputed(code: FailureCode, message: string, details: FailureDetails = {}): GatewayError {
  const { stackTraceLimit } = Error;
  // Each service and route has some of these, and their unused stack is most of their cost.
  Error.stackTraceLimit = 0;
  const failure = new GatewayError(code, message, details);
  Error.stackTraceLimit = stackTraceLimit;
  return failure;
}
