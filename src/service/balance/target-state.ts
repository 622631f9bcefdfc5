import type { Target } from '../../core/ports/transport.ts';
import { fingerprint } from './fingerprint.ts';
import { Health } from './health.ts';
import { PeakEwma } from './peak-ewma.ts';

/** A target as listed by a service. */
export interface ListedTarget {
  readonly target: Target;
  readonly weight: number;
  /** Maximum of calls in flight; infinite for none. */
  readonly max: number;
}

/** A target and its state. */
export class TargetState {
  readonly target: Target;
  weight: number;
  max: number;
  readonly health = new Health();
  readonly cost = new PeakEwma();
  /** Distinguishes it from others in hashing. */
  readonly seed: number;
  /** Its current weight, which is reduced during a slow start. */
  effective: number;
  /** Its position in the round robin. */
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
   * Returns to use at that time with unknown latency: it gets one call, the next after its response, and its weight
   * gradually.
   */
  comeBack(at: number): void {
    this.health.startedAt = at;
    this.cost.forget();
  }

  get full(): boolean {
    return this.inFlight >= this.max;
  }
}
