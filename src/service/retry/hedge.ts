import { discard, whenEnded } from '../../core/body.ts';
import { callOutcomeOf } from '../../core/call-outcome.ts';
import type { Cancellation } from '../../core/cancellation.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, type GatewayError, precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Timer } from '../../core/ports/clock.ts';
import type { Limiter, Permit } from '../../core/ports/limiter.ts';
import type { Reply } from '../../core/reply.ts';
import { isSafe, type RetryPolicy } from './repeatable.ts';
import { type RetryDependencies, RetryingCall } from './retrying-call.ts';

export interface HedgePolicy {
  /** The delay before the hedge; undefined for the 95th percentile of the times to response headers. */
  readonly afterMs: number | undefined;
  /** The share of calls that may be hedged, from 0 to 1. */
  readonly max: number;
}

/** The minimum of hedges before there are enough calls. */
const FIRST_HEDGES = 1;

/** Limits hedges to a share of the calls. */
class HedgeBudget {
  #left = FIRST_HEDGES;
  readonly #share: number;
  /** An unused share of a quiet time is not saved for a busy one. */
  readonly #max: number;

  constructor(share: number) {
    this.#share = share;
    this.#max = Math.max(FIRST_HEDGES, 100 * share);
  }

  called(): void {
    this.#left = Math.min(this.#left + this.#share, this.#max);
  }

  get empty(): boolean {
    return this.#left < 1;
  }

  take(): void {
    this.#left--;
  }
}

/**
 * Calls a second target if the first one takes longer than nearly all response headers do, and uses the first response;
 * the other call is cancelled ("hedged requests", Dean and Barroso, The Tail at Scale). Only for safe requests without
 * a body, and only while the service has room.
 */
export function hedged(hedge: HedgePolicy, policy: RetryPolicy, shared: RetryDependencies, limiter: Limiter): Handler {
  const budget = new HedgeBudget(hedge.max);
  return x => {
    shared.budget.called();
    const call = new RetryingCall(policy, shared);
    budget.called();
    const waitMs = hedge.afterMs ?? shared.pace.within(0.95);
    if (!isSafe(x.method) || x.body.kind !== 'none' || x.details.upgrade !== undefined || waitMs === undefined) {
      return call.send(x, 'any');
    }
    return new Race(x, call, shared, { limiter, budget }).run(waitMs);
  };
}

interface Runner {
  readonly cancellation: Cancellation;
  readonly permit: Permit | undefined;
}

/** Two attempts of one request, of which one is needed. */
class Race {
  readonly #x: Exchange;
  readonly #call: RetryingCall;
  readonly #shared: RetryDependencies;
  readonly #limiter: Limiter;
  readonly #budget: HedgeBudget;
  readonly #outcome = Promise.withResolvers<Reply>();
  readonly #running = new Set<Runner>();
  #timer: Timer | undefined;
  #isDecided = false;

  constructor(
    x: Exchange,
    call: RetryingCall,
    shared: RetryDependencies,
    { limiter, budget }: { readonly limiter: Limiter; readonly budget: HedgeBudget },
  ) {
    this.#x = x;
    this.#call = call;
    this.#shared = shared;
    this.#limiter = limiter;
    this.#budget = budget;
  }

  run(waitMs: number): Promise<Reply> {
    this.#start(undefined);
    this.#timer = this.#shared.clock.after(waitMs, () => this.#hedge());
    return this.#outcome.promise;
  }

  #hedge(): void {
    this.#timer = undefined;
    if (this.#budget.empty || this.#x.cancellation.reason !== undefined || !this.#call.mayHedge()) return;
    const permit = this.#limiter.release();
    if (permit === undefined) return;
    this.#budget.take();
    this.#shared.tally.hedges++;
    this.#x.journal?.hedged();
    this.#start(permit);
  }

  #start(permit: Permit | undefined): void {
    const runner = { cancellation: this.#x.cancellation.child(), permit };
    this.#running.add(runner);
    this.#call.send(this.#x.with({ cancellation: runner.cancellation }), 'any').then(
      reply => this.#answered(runner, reply),
      (thrown: unknown) => this.#failed(runner, asFailure(thrown)),
    );
  }

  #answered(runner: Runner, reply: Reply): void {
    this.#running.delete(runner);
    // Only one attempt remains, which the call's own permit covers.
    runner.permit?.release();
    whenEnded(reply.body, () => runner.cancellation.finish());
    // A 5xx response wins only if no other attempt can still return a better one.
    const isSick = callOutcomeOf(reply.status).repeatable && this.#running.size > 0;
    if (this.#isDecided || isSick) {
      discard(reply.body, NOT_NEEDED);
      return;
    }
    this.#decide();
    this.#outcome.resolve(reply);
  }

  #failed(runner: Runner, failure: GatewayError): void {
    this.#running.delete(runner);
    runner.permit?.release();
    runner.cancellation.finish();
    if (this.#isDecided || this.#running.size > 0) return;
    this.#decide();
    this.#outcome.reject(failure);
  }

  #decide(): void {
    this.#isDecided = true;
    this.#timer?.cancel();
    for (const { cancellation } of this.#running) cancellation.cancel(NOT_NEEDED);
  }
}

const NOT_NEEDED = precomputed('hedge.outrun', 'Another target was faster');
