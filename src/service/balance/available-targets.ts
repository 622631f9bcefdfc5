import type { TargetState } from './target-state.ts';

export interface AvailabilityPolicy {
  /**
   * If fewer targets than this share are available, all are used, because overloading the rest would be worse (Envoy's
   * panic threshold).
   */
  readonly panicShare: number;
  /** The duration of a slow start; 0 for none. */
  readonly slowStartMs: number;
}

/** The first share of the weight in a slow start, as in Envoy, and the number of steps. */
const FIRST_SHARE = 0.1;
const STEPS = 30;

/**
 * The targets that may be picked. They are recomputed after a change or at a due time; between these, a pick reads a
 * list and compares one number.
 */
export class AvailableTargets {
  targets: readonly TargetState[] = [];
  readonly #policy: AvailabilityPolicy;
  #healthy: readonly TargetState[] = [];
  #due = Number.POSITIVE_INFINITY;

  constructor(policy: AvailabilityPolicy) {
    this.#policy = policy;
  }

  healthy(now: number): readonly TargetState[] {
    if (now >= this.#due) this.review(now);
    return this.#healthy;
  }

  /** Replaces the targets. */
  replace(targets: readonly TargetState[], now: number): void {
    this.targets = targets;
    this.review(now);
  }

  review(now: number): void {
    const well = this.targets.filter(({ health }) => health.isWell(now));
    const panic = well.length < this.targets.length * this.#policy.panicShare;
    const candidates = panic ? this.targets : well;
    // A target with a `Retry-After` gets no calls while another one is available.
    const rested = candidates.filter(({ health }) => health.restingUntil <= now);
    this.#healthy = rested.length > 0 ? rested : candidates;
    this.#due = Number.POSITIVE_INFINITY;
    for (const target of this.targets) {
      target.effective = target.weight * (panic ? 1 : this.#grown(target, now));
      this.#due = Math.min(this.#due, this.#nextChange(target, now));
    }
  }

  #grown({ health }: TargetState, now: number): number {
    const { slowStartMs } = this.#policy;
    const since = now - health.startedAt;
    if (since >= slowStartMs) return 1;
    return Math.max(FIRST_SHARE, FIRST_SHARE + ((1 - FIRST_SHARE) * since) / slowStartMs);
  }

  #nextChange({ health }: TargetState, now: number): number {
    const { slowStartMs } = this.#policy;
    const growing = now < health.startedAt + slowStartMs;
    return Math.min(
      later(health.ejectedUntil, now),
      later(health.restingUntil, now),
      growing ? now + slowStartMs / STEPS : Number.POSITIVE_INFINITY,
    );
  }
}

function later(at: number, now: number): number {
  return at > now ? at : Number.POSITIVE_INFINITY;
}
