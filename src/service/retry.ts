import { whenEnded } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { asFailure, type GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { findingOf } from '../core/outcome.ts';
import type { Balancer } from '../core/ports/balancer.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Connection, Target, Transport } from '../core/ports/transport.ts';
import type { Reply } from '../core/reply.ts';

export interface RetryPolicy {
  /** Sends at most, the first included; 0 switches off even what is always sent once more. */
  readonly attempts: number;
  readonly idempotencyKey: boolean;
  /** Whether the route or the service asked for it: without, only what cannot happen twice goes once more. */
  readonly declared: boolean;
}

interface Attempt {
  readonly number: number;
  readonly tried: readonly Target[];
  readonly connection: Connection;
}

/** Sends an exchange to a machine, and once more elsewhere where nothing can happen twice. */
export function retry(policy: RetryPolicy, balancer: Balancer, transport: Transport, clock: Clock): Handler {
  const attempt = (x: Exchange, { number, tried, connection }: Attempt): Promise<Reply> => {
    const picked = balancer.pick(x, tried);
    const { target } = picked;
    const startedAt = clock.now();
    return transport.send(x, target, connection).then(
      reply => {
        picked.report(findingOf(reply.status), clock.now() - startedAt);
        whenEnded(reply.body, () => picked.release());
        return reply;
      },
      (thrown: unknown) => {
        const failure = asFailure(thrown);
        picked.report(failure.finding, clock.now() - startedAt);
        picked.release();
        const again = mayRepeat(policy, x, failure, number);
        if (again === undefined) throw failure;
        x.journal?.note('retry', failure.code);
        return attempt(x, { number: number + 1, tried: [...tried, target], connection: again });
      },
    );
  };
  return x => attempt(x, FIRST);
}

const FIRST: Attempt = { number: 1, tried: [], connection: 'any' };

/** On which connection the exchange may go once more; undefined if it may not. */
function mayRepeat(policy: RetryPolicy, x: Exchange, failure: GatewayError, number: number): Connection | undefined {
  if (x.cancellation.reason !== undefined || failure.blame !== 'upstream') return undefined;
  if (number >= policy.attempts) return undefined;
  // RESILIENCE, first row: nothing was sent, so any method may go elsewhere; its body was not touched.
  if (failure.details.neverSent === true) return 'any';
  if (failure.code !== 'upstream.reset' || failure.details.answered === true || !isReplayable(x)) return undefined;
  if (isSafe(x.method) && number === 1) return 'fresh';
  return policy.declared && isIdempotent(policy, x) ? 'fresh' : undefined;
}

function isReplayable(x: Exchange): boolean {
  return x.body.kind !== 'stream' && x.upgrade === undefined;
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

// RFC 9110 §9.2.2, and the Idempotency-Key draft for a backend that the team says honours it.
function isIdempotent(policy: RetryPolicy, x: Exchange): boolean {
  return IDEMPOTENT.has(x.method) || (policy.idempotencyKey && x.headers.has('idempotency-key'));
}
