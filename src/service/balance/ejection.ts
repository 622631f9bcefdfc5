import type { Machine } from './machine.ts';

export interface EjectionPolicy {
  /** Failures in a row that set a machine aside; infinite for never. */
  readonly failures: number;
  /** How long the first time; the n-th time in a row n times as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** At most this share of the machines is aside at once. */
  readonly mostShare: number;
}

/** Sets a machine aside that fails every call (Envoy's outlier detection by consecutive gateway failures). */
export class Ejection {
  /** How often that happened. */
  count = 0;
  readonly #policy: EjectionPolicy;

  constructor(policy: EjectionPolicy) {
    this.#policy = policy;
  }

  /** @returns whether the machine was set aside for its last failure. */
  failed(machine: Machine, machines: readonly Machine[], now: number): boolean {
    const { failures, firstMs, longestMs, mostShare } = this.#policy;
    const { health } = machine;
    // What was on its way while the machine was ejected says nothing of what it is afterwards.
    if (!health.isWell(now)) health.failures = 0;
    if (health.failures < failures) return false;
    const aside = machines.filter(each => !each.health.isWell(now)).length;
    if (aside + 1 > machines.length * mostShare) return false;
    // One success says little of a machine that fails now and then; the longest time in use without another ejection does.
    if (now - health.ejectedUntil >= longestMs) health.ejections = 0;
    health.ejections++;
    health.failures = 0;
    health.ejectedUntil = now + Math.min(firstMs * health.ejections, longestMs);
    machine.comeBack(health.ejectedUntil);
    this.count++;
    return true;
  }
}
