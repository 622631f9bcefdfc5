import type { TargetState } from './target-state.ts';

export interface EjectionPolicy {
  /** Failures in a row that set a target aside; infinite for never. */
  readonly failures: number;
  /** How long the first time; the n-th time in a row n times as long. */
  readonly baseTimeMs: number;
  readonly maxTimeMs: number;
  /** At most this share of the targets is aside at once. */
  readonly maxShare: number;
}

/** Sets a target aside that fails every call (Envoy's outlier detection by consecutive gateway failures). */
export class EjectionTracker {
  /** How often that happened. */
  count = 0;
  readonly #policy: EjectionPolicy;

  constructor(policy: EjectionPolicy) {
    this.#policy = policy;
  }

  /** @returns whether the target was ejected for its last failure. */
  failed(target: TargetState, targets: readonly TargetState[], now: number): boolean {
    const { failures, baseTimeMs: firstMs, maxTimeMs: maxMs, maxShare } = this.#policy;
    const { health } = target;
    // What was on its way while the target was ejected says nothing of what it is afterwards.
    if (!health.isWell(now)) health.failures = 0;
    if (health.failures < failures) return false;
    const aside = targets.filter(each => !each.health.isWell(now)).length;
    if (aside + 1 > targets.length * maxShare) return false;
    // One success says little of a target that fails now and then; the longest time in use without another ejection
    // does.
    if (now - health.ejectedUntil >= maxMs) health.ejections = 0;
    health.ejections++;
    health.failures = 0;
    health.ejectedUntil = now + Math.min(firstMs * health.ejections, maxMs);
    target.comeBack(health.ejectedUntil);
    this.count++;
    return true;
  }
}
