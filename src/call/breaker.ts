import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import { type GatewayError, precomputed } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { findingOf, type Outcome } from '../core/outcome.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { BreakerState } from '../core/ports/meter.ts';
import { settle } from '../core/settle.ts';

export interface BreakerPolicy {
  readonly errorPercent: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly resetMs: number;
}

/** Is this call worth making? One circuit per call site, so one poisoned route does not close a healthy service. */
export function breaker(circuit: Circuit): Stage {
  return next => x => {
    let probe: boolean;
    try {
      probe = circuit.enter();
    } finally {
      // Told on a refusal too: that is when somebody wants to know.
      x.journal?.note('breaker', circuit.state);
    }
    return settle(
      () => next(x),
      reply => {
        circuit.report(findingOf(reply.status).outcome, probe);
        return reply;
      },
      failure => {
        circuit.report(failure.outcome, probe);
        throw failure;
      },
    );
  };
}

const FAILED = precomputed('upstream.status', 'A call failed');
const BUCKETS = 10;

/**
 * A circuit on opossum, which is told outcomes and handed no calls: it knows no neutral outcome, and 20 calls that say nothing would
 * keep 19 failures from opening it. A window outlives closing there, so each closing begins with a fresh breaker.
 */
export class Circuit {
  readonly #policy: BreakerPolicy;
  readonly #clock: Clock;
  readonly #changed: (state: BreakerState) => void;
  readonly #open: GatewayError;
  #breaker: CircuitBreaker<[Outcome], void>;
  // The window turns when an outcome is told, on our clock: opossum's own interval would be a timer per circuit.
  readonly #rotation = new EventEmitter();
  #rotatedAt: number;
  #openUntil = 0;
  #probeUntil = 0;
  #state: BreakerState = 'closed';

  constructor(site: string, policy: BreakerPolicy, clock: Clock, changed: (state: BreakerState) => void) {
    this.#policy = policy;
    this.#clock = clock;
    this.#changed = changed;
    this.#open = precomputed('breaker.open', `${site} fails too often and is not asked for a while`, {
      headers: ['Retry-After', String(Math.max(1, Math.ceil(policy.resetMs / 1000)))],
    });
    this.#rotatedAt = clock.now();
    this.#breaker = this.freshBreaker();
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Lets a call through, as the probe of a half-open circuit or in the ordinary way. @throws GatewayError `breaker.open`. */
  enter(): boolean {
    if (this.#state === 'closed') return false;
    const now = this.#clock.now();
    if (this.#state === 'open' && now >= this.#openUntil) this.become('half-open');
    if (this.#state === 'open' || now < this.#probeUntil) throw this.#open;
    // A probe that never comes back (a call without a deadline) makes room for another after one reset time.
    this.#probeUntil = now + this.#policy.resetMs;
    return true;
  }

  report(outcome: Outcome, probe: boolean): void {
    if (probe) {
      this.#probeUntil = 0;
      this.probed(outcome);
      return;
    }
    // What began before the circuit opened says nothing new.
    if (this.#state !== 'closed' || outcome === 'ignored') return;
    this.rotate();
    this.#breaker.fire(outcome).catch(() => {});
  }

  private probed(outcome: Outcome): void {
    if (outcome === 'succeeded') {
      this.#breaker = this.freshBreaker();
      this.become('closed');
      return;
    }
    // An ignored probe has shown nothing: the next call may try at once.
    if (outcome === 'failed') this.openFor(this.#policy.resetMs);
    else this.become('half-open');
  }

  private rotate(): void {
    const bucketMs = this.#policy.windowMs / BUCKETS;
    const turns = Math.floor((this.#clock.now() - this.#rotatedAt) / bucketMs);
    for (let i = 0; i < Math.min(turns, BUCKETS); i++) this.#rotation.emit('rotate');
    this.#rotatedAt += turns * bucketMs;
  }

  private openFor(ms: number): void {
    this.#openUntil = this.#clock.now() + ms;
    this.become('open');
  }

  private become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed(state);
  }

  private freshBreaker(): CircuitBreaker<[Outcome], void> {
    const { errorPercent, minRequests, windowMs, resetMs } = this.#policy;
    this.#rotation.removeAllListeners();
    const breaker = new CircuitBreaker<[Outcome], void>(tell, {
      timeout: false,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
      // opossum opens above the threshold; 100 % would never be.
      errorThresholdPercentage: errorPercent - 1e-9,
      volumeThreshold: minRequests,
      rollingCountTimeout: windowMs,
      rollingCountBuckets: BUCKETS,
      resetTimeout: resetMs,
    });
    breaker.once('open', () => {
      breaker.shutdown();
      this.openFor(resetMs);
    });
    return breaker;
  }
}

const SUCCEEDED = Promise.resolve();

function tell(outcome: Outcome): Promise<void> {
  return outcome === 'failed' ? Promise.reject(FAILED) : SUCCEEDED;
}
