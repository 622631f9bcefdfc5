import type { Finding } from '../../core/outcome.ts';
import type { Attempt } from '../../core/ports/balancer.ts';
import type { Target } from '../../core/ports/transport.ts';
import type { Machine } from './machine.ts';

/** Who learns what attempts show. */
export interface Learner {
  /** Its last failure may have been one too many. */
  failed(machine: Machine): void;
  /** It asked to be left alone. */
  rest(machine: Machine, ms: number): void;
}

/** One call in flight; from `stream()` on, one stream. */
export class MachineAttempt implements Attempt {
  readonly #machine: Machine;
  readonly #learner: Learner;
  readonly #startedAt: number;
  #counted: 'inFlight' | 'streams' | undefined = 'inFlight';
  /** The failures in a row that a good head ended, and that a body which breaks behind it brings back. */
  #ended = 0;

  constructor(machine: Machine, learner: Learner, startedAt: number) {
    this.#machine = machine;
    this.#learner = learner;
    this.#startedAt = startedAt;
    machine.inFlight++;
  }

  get target(): Target {
    return this.#machine.target;
  }

  report({ machine: outcome }: Finding, headMs: number, retryAfterMs?: number): void {
    if (outcome === 'ignored') return;
    const { health, cost } = this.#machine;
    // No second look at the clock: the caller measured from the pick on.
    const at = this.#startedAt + headMs;
    if (outcome === 'slow') cost.observe(headMs, at);
    else if (outcome === 'succeeded') {
      this.#ended = health.failures;
      health.failures = 0;
      cost.observe(headMs, at);
    } else {
      health.failures = Math.max(health.failures, this.#ended) + 1;
      cost.failed(headMs, at);
      this.#learner.failed(this.#machine);
    }
    if (retryAfterMs !== undefined && retryAfterMs > 0) this.#learner.rest(this.#machine, retryAfterMs);
  }

  stream(): void {
    if (this.#counted !== 'inFlight') return;
    this.#machine.inFlight--;
    this.#machine.streams++;
    this.#counted = 'streams';
  }

  release(): void {
    if (this.#counted !== undefined) this.#machine[this.#counted]--;
    this.#counted = undefined;
  }
}
