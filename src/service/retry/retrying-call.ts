import { discard, whenEnded } from '../../core/body.ts';
import { type CallOutcome, callOutcome, callOutcomeOf } from '../../core/call-outcome.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Attempt, Balancer } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { AttemptJournal } from '../../core/ports/journal.ts';
import type { AttemptMeter } from '../../core/ports/meter.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import type { Reply } from '../../core/reply.ts';
import type { TraceFields } from '../../core/trace-fields.ts';
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
  /** The name of the service. */
  readonly service: string;
  readonly balancer: Balancer;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  readonly pace: LatencyHistogram;
  readonly tally: AttemptCounter;
  readonly meter: AttemptMeter;
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

/** An attempt with its record, if its request has one. */
interface RecordedAttempt {
  readonly attempt: Attempt;
  readonly journal: AttemptJournal | undefined;
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
    const { balancer, transport, clock, traces, service } = this.#shared;
    let attempt: Attempt;
    try {
      attempt = balancer.pick(requested, this.#tried);
    } catch (thrown) {
      return Promise.reject(asFailure(thrown));
    }
    const { target, startedAt } = attempt;
    // A literal is as long as its one element: nearly every call has one attempt.
    this.#tried = this.#tried.length === 0 ? [target] : [...this.#tried, target];
    const journal = requested.journal?.attempt(service, requested.method, target, balancer);
    const numberedX = number === 1 ? requested : numbered(requested, number, traces);
    const x = journal?.trace === undefined ? numberedX : inTrace(numberedX, journal.trace);
    const upload = x.body.kind === 'stream' ? new UploadEnd(x.body, clock) : undefined;
    return transport.send(x, target, connection).then(
      reply => this.#answered(x, { attempt, journal }, reply, clock.now() - (upload?.at ?? startedAt)),
      (thrown: unknown) => this.#failed(x, { attempt, journal }, thrown, clock.now() - startedAt),
    );
  }

  #answered(x: Exchange, recorded: RecordedAttempt, reply: Reply, headersMs: number): Reply | Promise<Reply> {
    const said = callOutcomeOf(reply.status);
    const { clock, pace, meter } = this.#shared;
    if (said.outcome === 'succeeded') pace.add(headersMs);
    // A 429 concerns one client: its quota must not take targets from all others.
    const restMs = said.repeatable ? retryAfterMs(reply.headers.get('retry-after'), clock.wall()) : undefined;
    this.#learn(recorded.attempt, said, headersMs, restMs);
    meter.answered(x.method, said.name, reply.status, headersMs);
    recorded.journal?.answered(said.name, reply.status, headersMs);
    const connection = said.repeatable ? afterResponse(this.#policy, x, said, this.#number) : undefined;
    const again = connection && this.#next(x, connection, restMs);
    if (again === undefined) {
      this.#hold(reply, recorded);
      return reply;
    }
    release(recorded);
    discard(reply.body, RETRIED);
    return this.#again(x, again, String(reply.status));
  }

  #failed(x: Exchange, recorded: RecordedAttempt, thrown: unknown, afterMs: number): Promise<Reply> {
    const failure = asFailure(thrown);
    this.#learn(recorded.attempt, failure.finding, afterMs);
    this.#shared.meter.answered(x.method, failure.finding.name, undefined, afterMs);
    recorded.journal?.answered(failure.finding.name, undefined, afterMs);
    release(recorded);
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
    x.journal?.retried(why);
    if (waitMs > 0) {
      x.journal?.waits();
      await pause(x, waitMs, this.#shared.clock);
      x.journal?.continues();
    }
    const reason = x.cancellation.reason;
    if (reason !== undefined) throw reason;
    return this.#attempt(x, connection, number);
  }

  /** The attempt lasts until the end of the response; a truncated one is another failure of its target. */
  #hold({ body, longLived }: Reply, recorded: RecordedAttempt): void {
    if (longLived === true) recorded.attempt.stream();
    if (body.kind === 'stream' && body.ended === 'complete') {
      release(recorded);
      return;
    }
    whenEnded(body, end => {
      if (end === 'broken') {
        this.#learn(recorded.attempt, callOutcome('truncated'), 0);
        recorded.journal?.answered('truncated', undefined, 0);
      }
      release(recorded);
    });
  }

  #learn(attempt: Attempt, said: CallOutcome, headersMs: number, restMs?: number): void {
    this.#shared.tally.count(said.name);
    attempt.report(said, headersMs, restMs);
  }
}

function release({ attempt, journal }: RecordedAttempt): void {
  attempt.release();
  journal?.end();
}

const NONE: readonly Target[] = [];
const RETRIED = precomputed('part.not_needed', 'Another target is called');

/** Sends the number of a retry to the backend, starting with 2, and a parent id of its own. */
function numbered(x: Exchange, attempt: number, traces: TraceIds): Exchange {
  const trace = x.headers.get('traceparent');
  const own = trace === undefined ? [] : ['traceparent', traces.child(trace)];
  return x.with({ headers: x.headers.without(OF_ATTEMPT).concat(['x-request-attempt', String(attempt), ...own]) });
}

/** The backend's parent is the attempt. */
function inTrace(x: Exchange, { parent, state }: TraceFields): Exchange {
  const own = state === undefined ? ['traceparent', parent] : ['traceparent', parent, 'tracestate', state];
  return x.with({ headers: x.headers.without(OF_TRACE).concat(own) });
}

const OF_TRACE: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);
const OF_ATTEMPT: ReadonlySet<string> = new Set(['x-request-attempt', 'traceparent']);

/** Sends an exchange to a target, and repeats it on another one if nothing can happen twice. */
export function retry(policy: RetryPolicy, shared: RetryDependencies): Handler {
  return x => {
    shared.budget.called();
    return new RetryingCall(policy, shared).send(x, 'any');
  };
}
