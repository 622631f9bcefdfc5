import type { CallOutcome } from '../../core/call-outcome.ts';
import type { Attempt } from '../../core/ports/balancer.ts';
import type { Target } from '../../core/ports/transport.ts';
import type { TargetState } from './target-state.ts';

/** Receives what attempts reveal about targets. */
export interface LatencyLearner {
  /** The failure may reach the threshold for an ejection. */
  failed(target: TargetState): void;
  /** The target sent a `Retry-After`. */
  rest(target: TargetState, ms: number): void;
}

/** One call in flight, or one stream after `stream()`. */
export class TargetAttempt implements Attempt {
  readonly #target: TargetState;
  readonly #learner: LatencyLearner;
  readonly startedAt: number;
  #counted: 'inFlight' | 'streams' | undefined = 'inFlight';
  /** The failures in a row before good response headers; a truncated body restores them. */
  #ended = 0;

  constructor(target: TargetState, learner: LatencyLearner, startedAt: number) {
    this.#target = target;
    this.#learner = learner;
    this.startedAt = startedAt;
    target.inFlight++;
  }

  get target(): Target {
    return this.#target.target;
  }

  report({ target: outcome }: CallOutcome, headersMs: number, retryAfterMs?: number): void {
    if (outcome === 'ignored') return;
    const { health, cost } = this.#target;
    // The caller measured from the pick on, so the clock is not read again.
    const at = this.startedAt + headersMs;
    if (outcome === 'slow') cost.observe(headersMs, at);
    else if (outcome === 'succeeded') {
      this.#ended = health.failures;
      health.failures = 0;
      cost.observe(headersMs, at);
    } else {
      health.failures = Math.max(health.failures, this.#ended) + 1;
      cost.failed(headersMs, at);
      this.#learner.failed(this.#target);
    }
    if (retryAfterMs !== undefined && retryAfterMs > 0) this.#learner.rest(this.#target, retryAfterMs);
  }

  stream(): void {
    if (this.#counted !== 'inFlight') return;
    this.#target.inFlight--;
    this.#target.streams++;
    this.#counted = 'streams';
  }

  release(): void {
    if (this.#counted !== undefined) this.#target[this.#counted]--;
    this.#counted = undefined;
  }
}
