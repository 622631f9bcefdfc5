/**
 * What a call came to, for breaker, balancer and limiter alike. `ignored` is what says nothing about the backend: a
 * client that left, our own shedding. It moves no breaker, no health, no limit.
 */
export type Outcome = 'succeeded' | 'failed' | 'ignored';

export type Blame = 'client' | 'gateway' | 'upstream';

/** What breaker, balancer, limiter, retry, log and metrics learn from a call: one of the outcomes below. */
export interface CallOutcome {
  /** Its name, in metrics and logs. */
  readonly name: CallOutcomeName;
  /** Whose fault it was; undefined where nothing went wrong. */
  readonly blame: Blame | undefined;
  /** What the call site's breaker counts. */
  readonly outcome: Outcome;
  /**
   * What it says of the target: a sick response is the breaker's affair, a sick target the balancer's. `slow`: not
   * sick, but no faster than that.
   */
  readonly target: Outcome | 'slow';
  /** Whether it says that the service has too much to do. */
  readonly overloaded: boolean;
  /**
   * Whether a retry may help, for requests that may be repeated. A call that was never sent may go elsewhere in any
   * case.
   */
  readonly repeatable: boolean;
}

export type CallOutcomeName = keyof typeof OUTCOMES;

type OutcomeRow = Omit<CallOutcome, 'name' | 'blame'> & { readonly blame?: Blame };

const GOOD = { outcome: 'succeeded', target: 'succeeded', overloaded: false, repeatable: false } as const;
const BAD = { blame: 'upstream', outcome: 'failed', target: 'failed', overloaded: false, repeatable: false } as const;
const NEUTRAL = { outcome: 'ignored', target: 'ignored', overloaded: false, repeatable: false } as const;

const OUTCOMES = {
  /** A response, be it a 404: the client's request was wrong, not the backend. */
  answered: GOOD,
  /** 429: right, and a sign of too many calls. */
  throttled: { ...GOOD, overloaded: true },
  /** 500, 501, 505 and up: this response is sick, not the target. */
  server_error: { ...BAD, target: 'succeeded' },
  /** 502, 504: what a gateway before a sick target says. */
  unavailable: { ...BAD, repeatable: true },
  /** 503: the same, and too much to do. */
  overloaded: { ...BAD, overloaded: true, repeatable: true },
  /** Refused, no connection in time: a full backlog refuses connections, a fuller one lets them wait. */
  unreachable: { ...BAD, overloaded: true, repeatable: true },
  /** No address, no trust: no target to speak with. */
  unknown: { ...BAD, repeatable: true },
  /** Reset or closed before any byte of a response. */
  reset: { ...BAD, repeatable: true },
  /** No head before the deadline: the time is spent. */
  timeout: { ...BAD, overloaded: true },
  /** No HTTP, or a head without measure: this response is sick, not the target. */
  malformed: { ...BAD, target: 'succeeded', repeatable: true },
  /** A response that is none for this route: a schema it breaks, a length it exceeds. */
  invalid_response: { ...BAD, target: 'succeeded' },
  /** Reset, cut short or stalled behind the head. */
  truncated: BAD,
  /** The request itself is not valid. */
  refused: { ...NEUTRAL, blame: 'client' },
  /** Another target answered first. */
  hedge_lost: { ...NEUTRAL, target: 'slow', blame: 'gateway' },
  /**
   * A response contains the address of a backend. It is ignored: else a client that makes a backend echo a name could
   * open its circuit.
   */
  address_leak: { ...NEUTRAL, blame: 'upstream' },
  /** The client left. */
  client_disconnected: { ...NEUTRAL, blame: 'client' },
  /** Our own shedding, our own fault. */
  gateway_error: { ...NEUTRAL, blame: 'gateway' },
  /** An open circuit kept the call away: the backend's fault, and no news of it. */
  short_circuited: { ...NEUTRAL, blame: 'upstream' },
  /** A part's backend said 4xx to what the response cannot do without. */
  declined: { ...GOOD, blame: 'client' },
} as const satisfies Record<string, OutcomeRow>;

const BY_NAME = Object.fromEntries(
  Object.entries(OUTCOMES).map(([name, row]) => [name, { blame: undefined, ...row, name }]),
) as Readonly<Record<CallOutcomeName, CallOutcome>>;

export function callOutcome(name: CallOutcomeName): CallOutcome {
  return BY_NAME[name];
}

/** What a response's status says. */
export function callOutcomeOf(status: number): CallOutcome {
  if (status < 500) return status === 429 ? BY_NAME.throttled : BY_NAME.answered;
  if (status === 503) return BY_NAME.overloaded;
  return status === 502 || status === 504 ? BY_NAME.unavailable : BY_NAME.server_error;
}
