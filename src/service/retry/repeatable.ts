import type { CallOutcome } from '../../core/call-outcome.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { GatewayError } from '../../core/failure.ts';
import type { Connection } from '../../core/ports/transport.ts';

export interface RetryPolicy {
  /** Maximum of attempts, including the first one; 1 disables the implicit retry too. */
  readonly attempts: number;
  readonly idempotencyKey: boolean;
  /**
   * Whether the route or the service has a `retry`; without it, only requests that cannot execute twice are repeated.
   */
  readonly declared: boolean;
}

/** The connection for a retry after a failure; undefined for no retry. */
export function afterFailure(
  policy: RetryPolicy,
  x: Exchange,
  failure: GatewayError,
  number: number,
): Connection | undefined {
  if (x.cancellation.reason !== undefined || failure.blame !== 'upstream' || number >= policy.attempts)
    return undefined;
  // Nothing was sent, so any method may go to another target with its untouched body.
  if (failure.details.neverSent === true) return 'any';
  if (failure.details.hasResponse === true || !isReplayable(x)) return undefined;
  // A backend may close an idle connection at the moment of its reuse; on a new one it sees the request for the first
  // time.
  if (failure.code === 'upstream.reset' && isSafe(x.method) && number === 1) return 'fresh';
  return mayAskAgain(policy, x, failure.finding) ? 'fresh' : undefined;
}

/** The same after a response from a bad target, only with declared retries. */
export function afterResponse(
  policy: RetryPolicy,
  x: Exchange,
  said: CallOutcome,
  number: number,
): Connection | undefined {
  if (number >= policy.attempts || !said.repeatable || x.cancellation.reason !== undefined) return undefined;
  return isReplayable(x) && mayAskAgain(policy, x, said) ? 'any' : undefined;
}

function mayAskAgain(policy: RetryPolicy, x: Exchange, said: CallOutcome): boolean {
  return policy.declared && said.repeatable && isIdempotent(policy, x);
}

// A stream is read once; a collected body can be sent repeatedly.
function isReplayable(x: Exchange): boolean {
  return x.body.kind !== 'stream' && x.details.upgrade === undefined;
}

export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

// RFC 9110 §9.2.2, and the Idempotency-Key draft for a backend that honours it.
function isIdempotent(policy: RetryPolicy, x: Exchange): boolean {
  return IDEMPOTENT.has(x.method) || (policy.idempotencyKey && x.headers.has('idempotency-key'));
}
