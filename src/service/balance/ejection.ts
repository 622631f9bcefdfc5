import type { TargetState } from './target-state.ts';

export interface EjectionPolicy {
  /** Failures in a row that eject a target; infinite for never. */
  readonly failures: number;
  /** Length of the first ejection; the n-th in a row lasts n times as long. */
  readonly baseTimeMs: number;
  readonly maxTimeMs: number;
  /** Maximum share of targets that are ejected at once. */
  readonly maxShare: number;
}

/** Ejects a target that fails every call (Envoy's outlier detection by consecutive gateway failures). */
export class EjectionTracker {
  /** The number of ejections. */
  count = 0;
  readonly #policy: EjectionPolicy;

  constructor(policy: EjectionPolicy) {
    this.#policy = policy;
  }

  /** @returns whether the target was ejected for its last failure. */
  failed(target: TargetState, targets: readonly TargetState[], now: number): boolean {
    const { failures, baseTimeMs: firstMs, maxTimeMs: maxMs, maxShare } = this.#policy;
    const { health } = target;
    // The outcomes of calls from before the ejection say nothing about the state after it.
    if (!health.isWell(now)) health.failures = 0;
    if (health.failures < failures) return false;
    const aside = targets.filter(each => !each.health.isWell(now)).length;
    if (aside + 1 > targets.length * maxShare) return false;
    // One success proves little for a target that fails now and then, but the maximum time without another ejection
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
