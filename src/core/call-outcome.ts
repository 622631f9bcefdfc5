/**
 * The outcome of a call for breaker, balancer and limiter. `ignored` says nothing about the backend: the client
 * disconnected, or the gateway rejected the call. It changes no breaker, health state or limit.
 */
export type Outcome = 'succeeded' | 'failed' | 'ignored';

export type Blame = 'client' | 'gateway' | 'upstream';

/** The result of a call for breaker, balancer, limiter, retry, log and metrics. */
export interface CallOutcome {
  /** Its name in metrics and logs. */
  readonly name: CallOutcomeName;
  /** Who caused the failure; undefined for a success. */
  readonly blame: Blame | undefined;
  /** The outcome for the breaker of the call site. */
  readonly outcome: Outcome;
  /**
   * The outcome for the balancer: a bad response is a matter of the breaker, a bad target one of the balancer. `slow`
   * means at least as slow as the time so far.
   */
  readonly target: Outcome | 'slow';
  /** Whether it is a sign of overload. */
  readonly overloaded: boolean;
  /** Whether a retry may help for a repeatable request. A call that was never sent may be repeated in any case. */
  readonly repeatable: boolean;
}

export type CallOutcomeName = keyof typeof OUTCOMES;

type OutcomeRow = Omit<CallOutcome, 'name' | 'blame'> & { readonly blame?: Blame };

const GOOD = { outcome: 'succeeded', target: 'succeeded', overloaded: false, repeatable: false } as const;
const BAD = { blame: 'upstream', outcome: 'failed', target: 'failed', overloaded: false, repeatable: false } as const;
const NEUTRAL = { outcome: 'ignored', target: 'ignored', overloaded: false, repeatable: false } as const;

const OUTCOMES = {
  /** A response such as a 404: the request was wrong, not the backend. */
  answered: GOOD,
  /** 429: a valid response, and a sign of overload. */
  throttled: { ...GOOD, overloaded: true },
  /** 500, 501, 505 and above: the response is bad, not the target. */
  server_error: { ...BAD, target: 'succeeded' },
  /** 502, 504: sent by a gateway before a bad target. */
  unavailable: { ...BAD, repeatable: true },
  /** 503: a bad target, and a sign of overload. */
  overloaded: { ...BAD, overloaded: true, repeatable: true },
  /** Refused or not connected in time: an overloaded target has a full backlog. */
  unreachable: { ...BAD, overloaded: true, repeatable: true },
  /** No address or no trusted certificate. */
  unknown: { ...BAD, repeatable: true },
  /** Closed before any byte of a response. */
  reset: { ...BAD, repeatable: true },
  /** No response headers before the deadline. */
  timeout: { ...BAD, overloaded: true },
  /** Invalid HTTP, or headers beyond their limit: the response is bad, not the target. */
  malformed: { ...BAD, target: 'succeeded', repeatable: true },
  /** A response that this route cannot use: it violates a schema or exceeds a limit. */
  invalid_response: { ...BAD, target: 'succeeded' },
  /** Closed or stalled after the response headers. */
  truncated: BAD,
  /** The request itself is invalid. */
  refused: { ...NEUTRAL, blame: 'client' },
  /** Another target responded first. */
  hedge_lost: { ...NEUTRAL, target: 'slow', blame: 'gateway' },
  /**
   * The response contains the address of a backend. Ignored, because otherwise a client that makes a backend echo a
   * name could open its circuit.
   */
  address_leak: { ...NEUTRAL, blame: 'upstream' },
  /** The client disconnected. */
  client_disconnected: { ...NEUTRAL, blame: 'client' },
  /** The gateway rejected the call or failed itself. */
  gateway_error: { ...NEUTRAL, blame: 'gateway' },
  /** An open circuit rejected the call, which gives no new information. */
  short_circuited: { ...NEUTRAL, blame: 'upstream' },
  /** A backend responded 4xx for a required part. */
  declined: { ...GOOD, blame: 'client' },
} as const satisfies Record<string, OutcomeRow>;

const BY_NAME = Object.fromEntries(
  Object.entries(OUTCOMES).map(([name, row]) => [name, { blame: undefined, ...row, name }]),
) as Readonly<Record<CallOutcomeName, CallOutcome>>;

export function callOutcome(name: CallOutcomeName): CallOutcome {
  return BY_NAME[name];
}

/** The outcome of a response by its status. */
export function callOutcomeOf(status: number): CallOutcome {
  if (status < 500) return status === 429 ? BY_NAME.throttled : BY_NAME.answered;
  if (status === 503) return BY_NAME.overloaded;
  return status === 502 || status === 504 ? BY_NAME.unavailable : BY_NAME.server_error;
}
