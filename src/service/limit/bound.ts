import type { Sample } from '../../core/ports/limiter.ts';

/** How many calls may be in flight at once: kept apart from who may be one of them. */
export interface Bound {
  readonly now: number;
  /** A call has begun; so many are in flight now. */
  acquired(inFlight: number): void;
  /** The bound itself held a call back. */
  refused(): void;
  settled(sample: Sample): void;
}

/** A number that the team chose. It learns nothing from its calls. */
export class FixedBound implements Bound {
  readonly now: number;

  constructor(concurrency: number) {
    this.now = concurrency;
  }

  acquired(): void {}
  refused(): void {}
  settled(): void {}
}
