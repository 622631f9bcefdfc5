import { discard, whenEnded } from '../../core/body.ts';
import { type CallOutcome, callOutcome, callOutcomeOf } from '../../core/call-outcome.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Attempt, Balancer } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import type { Reply } from '../../core/reply.ts';
import type { TraceIds } from '../../core/trace-ids.ts';
import { UploadEnd } from '../../core/upload-end.ts';
import type { AttemptCounter } from './attempt-counter.ts';
import { backoffMs, pause } from './backoff.ts';
import type { RetryBudget } from './budget.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { afterFailure, afterResponse, type RetryPolicy } from './repeatable.ts';
import { retryAfterMs } from './retry-after.ts';

/** Shared by all calls to one service. */
export interface RetryDependencies {
  readonly balancer: Balancer;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  readonly pace: LatencyHistogram;
  readonly tally: AttemptCounter;
  readonly traces: TraceIds;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

/** The form of the next attempt. */
interface Again {
  readonly connection: Connection;
  readonly waitMs: number;
  readonly number: number;
}

/** One request to a service with its attempts so far. */
export class RetryingCall {
  readonly #policy: RetryPolicy;
  readonly #shared: RetryDependencies;
  #tried: readonly Target[] = NONE;
  /** Counts attempts that ended or are in flight, since two concurrent ones may both be repeated. */
  #number = 0;

  constructor(policy: RetryPolicy, shared: RetryDependencies) {
    this.#policy = policy;
    this.#shared = shared;
  }

  /** Sends it, and repeats it on another target if nothing can happen twice. */
  send(x: Exchange, connection: Connection): Promise<Reply> {
    return this.#attempt(x, connection, ++this.#number);
  }

  /** Whether another target is available and one more attempt is allowed. */
  mayHedge(): boolean {
    return this.#number < Math.max(this.#policy.attempts, 2) && this.#hasOther();
  }

  #hasOther(): boolean {
    return this.#shared.balancer.hasOther(this.#tried);
  }

  #attempt(requested: Exchange, connection: Connection, number: number): Promise<Reply> {
    const { balancer, transport, clock, traces } = this.#shared;
    const x = number === 1 ? requested : numbered(requested, number, traces);
    let attempt: Attempt;
    try {
      attempt = balancer.pick(x, this.#tried);
    } catch (thrown) {
      return Promise.reject(asFailure(thrown));
    }
    // A literal is as long as its one element: nearly every call has one attempt.
    this.#tried = this.#tried.length === 0 ? [attempt.target] : [...this.#tried, attempt.target];
    if (x.journal !== undefined) this.#tell(x.journal, number);
    const { startedAt } = attempt;
    const upload = x.body.kind === 'stream' ? new UploadEnd(x.body, clock) : undefined;
    return transport.send(x, attempt.target, connection).then(
      reply => this.#answered(x, attempt, reply, clock.now() - (upload?.at ?? startedAt)),
      (thrown: unknown) => this.#failed(x, attempt, thrown, clock.now() - startedAt),
    );
  }

  #answered(x: Exchange, attempt: Attempt, reply: Reply, headersMs: number): Reply | Promise<Reply> {
    const said = callOutcomeOf(reply.status);
    const { clock, pace } = this.#shared;
    if (said.outcome === 'succeeded') pace.add(headersMs);
    // A 429 concerns one client: its quota must not take targets from all others.
    const restMs = said.repeatable ? retryAfterMs(reply.headers.get('retry-after'), clock.wall()) : undefined;
    this.#learn(attempt, said, headersMs, restMs);
    const connection = said.repeatable ? afterResponse(this.#policy, x, said, this.#number) : undefined;
    const again = connection && this.#next(x, connection, restMs);
    if (again === undefined) {
      this.#hold(reply, attempt);
      return reply;
    }
    attempt.release();
    discard(reply.body, RETRIED);
    return this.#again(x, again, String(reply.status));
  }

  #failed(x: Exchange, attempt: Attempt, thrown: unknown, afterMs: number): Promise<Reply> {
    const failure = asFailure(thrown);
    this.#learn(attempt, failure.finding, afterMs);
    attempt.release();
    const connection = afterFailure(this.#policy, x, failure, this.#number);
    const again = connection && this.#next(x, connection);
    if (again === undefined) throw failure;
    return this.#again(x, again, failure.code);
  }

  /** The next attempt; undefined if there is no other target, no time or no budget. */
  #next(x: Exchange, connection: Connection, restMs = 0): Again | undefined {
    const { clock, budget, pace, chance } = this.#shared;
    // A target with a `Retry-After` gets no retry before its time; another one may.
    if (restMs > 0 && !this.#hasOther()) return undefined;
    const waitMs = backoffMs(this.#number + 1, chance);
    const endsAt = x.timeouts?.deadlineAt;
    // An attempt that cannot finish before the deadline does not start.
    if (endsAt !== undefined && clock.now() + waitMs + (pace.within(0.5) ?? 0) >= endsAt) return undefined;
    return budget.take() ? { connection, waitMs, number: ++this.#number } : undefined;
  }

  async #again(x: Exchange, { connection, waitMs, number }: Again, why: string): Promise<Reply> {
    x.journal?.note('retry', why);
    if (waitMs > 0) await pause(x, waitMs, this.#shared.clock);
    const reason = x.cancellation.reason;
    if (reason !== undefined) throw reason;
    return this.#attempt(x, connection, number);
  }

  /** The attempt lasts until the end of the response; a truncated one is another failure of its target. */
  #hold({ body, longLived }: Reply, attempt: Attempt): void {
    if (longLived === true) attempt.stream();
    if (body.kind === 'stream' && body.ended === 'complete') {
      attempt.release();
      return;
    }
    whenEnded(body, end => {
      if (end === 'broken') this.#learn(attempt, callOutcome('truncated'), 0);
      attempt.release();
    });
  }

  /** The number of this attempt and of the targets so far, for observers; never with addresses. */
  #tell(journal: Journal, number: number): void {
    journal.note('sent', String(number));
    const targets = this.#shared.balancer.targets();
    if (targets.length < 2) return;
    journal.note('targets', `${targets.filter(({ aside }) => aside === undefined).length} of ${targets.length}`);
  }

  #learn(attempt: Attempt, said: CallOutcome, headersMs: number, restMs?: number): void {
    this.#shared.tally.count(said.name);
    attempt.report(said, headersMs, restMs);
  }
}

const NONE: readonly Target[] = [];
const RETRIED = precomputed('part.not_needed', 'Another target is called');

/** Sends the number of a retry to the backend, starting with 2, and a parent id of its own. */
function numbered(x: Exchange, attempt: number, traces: TraceIds): Exchange {
  const trace = x.headers.get('traceparent');
  const own = trace === undefined ? [] : ['traceparent', traces.child(trace)];
  return x.with({ headers: x.headers.without(OF_ATTEMPT).concat(['x-request-attempt', String(attempt), ...own]) });
}

const OF_ATTEMPT: ReadonlySet<string> = new Set(['x-request-attempt', 'traceparent']);

/** Sends an exchange to a target, and repeats it on another one if nothing can happen twice. */
export function retry(policy: RetryPolicy, shared: RetryDependencies): Handler {
  return x => {
    shared.budget.called();
    return new RetryingCall(policy, shared).send(x, 'any');
  };
}
