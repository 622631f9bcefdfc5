import type { TargetState } from './target-state.ts';

export interface AvailabilityPolicy {
  /**
   * With less than this share neither ejected nor down, all are used: better a sick target than one that drowns
   * (Envoy's panic threshold).
   */
  readonly panicShare: number;
  /** How long a target takes to grow back to its weight; 0 for at once. */
  readonly slowStartMs: number;
}

/** What a target starts with that comes back (Envoy's slow start), and in how many steps it grows. */
const FIRST_SHARE = 0.1;
const STEPS = 30;

/**
 * Which targets may be taken. They are looked over when something has happened to one, or is due: in between, a pick
 * reads a list and compares one number.
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

  /** Others are there from now on. */
  replace(targets: readonly TargetState[], now: number): void {
    this.targets = targets;
    this.review(now);
  }

  review(now: number): void {
    const well = this.targets.filter(({ health }) => health.isWell(now));
    const panic = well.length < this.targets.length * this.#policy.panicShare;
    const candidates = panic ? this.targets : well;
    // A target with a `Retry-After` gets no calls while another one can work.
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
