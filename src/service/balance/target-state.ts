import type { Target } from '../../core/ports/transport.ts';
import { fingerprint } from './fingerprint.ts';
import { Health } from './health.ts';
import { PeakEwma } from './peak-ewma.ts';

/** A target as a service lists it. */
export interface ListedTarget {
  readonly target: Target;
  readonly weight: number;
  /** How many calls it may have in flight; infinite for no cap. */
  readonly max: number;
}

/** A target, and what is known of it. */
export class TargetState {
  readonly target: Target;
  weight: number;
  max: number;
  readonly health = new Health();
  readonly cost = new PeakEwma();
  /** What distinguishes it from others where requests are hashed. */
  readonly seed: number;
  /** Its weight at this moment: less while it starts slowly. */
  effective: number;
  /** How far its turn has come (round robin). */
  turn = 0;
  inFlight = 0;
  streams = 0;

  constructor({ target, weight, max }: ListedTarget) {
    this.target = target;
    this.weight = weight;
    this.max = max;
    this.effective = weight;
    this.seed = fingerprint(target.origin + target.base);
  }

  /**
   * It is back at that time, unknown: it gets one call, the next when that is answered, and its weight little by
   * little.
   */
  comeBack(at: number): void {
    this.health.startedAt = at;
    this.cost.forget();
  }

  get full(): boolean {
    return this.inFlight >= this.max;
  }
}
