import type { TargetPool } from '../balance/target-pool.ts';
import type { TargetState } from '../balance/target-state.ts';
import { CheckedTarget, type CheckOptions } from './checked-target.ts';

/** Checks every target of a pool and follows its changes. */
export class PoolChecks {
  readonly #checked = new Map<TargetState, CheckedTarget>();

  constructor(pool: TargetPool, options: Omit<CheckOptions, 'judge'>) {
    pool.watch(targets => {
      const there = new Set(targets);
      for (const [target, check] of this.#checked) if (!there.has(target)) this.#leave(target, check);
      for (const target of targets) {
        if (this.#checked.has(target)) continue;
        const judge = (verdict: 'healthy' | 'unhealthy'): void => pool.judge(target, verdict);
        this.#checked.set(target, new CheckedTarget(target.target, { ...options, judge }));
      }
    });
  }

  stop(): void {
    for (const [target, check] of this.#checked) this.#leave(target, check);
  }

  #leave(target: TargetState, check: CheckedTarget): void {
    check.stop();
    this.#checked.delete(target);
  }
}
