import type { LearnedLimit, LimitMode, Sample } from '../../core/ports/limiter.ts';

/** How many calls may be in flight at once: kept apart from who may be one of them. */
export interface Limit {
  readonly now: number;
  /** Calls are refused in `held` alone. In `open` and `trial` a call that finds no room waits. */
  readonly mode: LimitMode;
  /** What the next process may begin with; undefined where nothing is learned, or not yet. */
  readonly learned: LearnedLimit | undefined;
  /** A call has begun; so many are in flight now. */
  acquired(inFlight: number): void;
  /** Calls wait for room. Called for each call that begins to wait, and every few milliseconds while any does. */
  waited(wait: Wait): void;
  /** The bound itself held a call back. */
  refused(): void;
  settled(sample: Sample): void;
}

export interface Wait {
  readonly at: number;
  /** Whether no call waited before this one. */
  readonly isFirst: boolean;
}

/** A number that the team chose. It learns nothing from its calls. */
export class FixedLimit implements Limit {
  readonly now: number;
  readonly mode = 'held';
  readonly learned = undefined;

  constructor(concurrency: number) {
    this.now = concurrency;
  }

  acquired(): void {}
  waited(): void {}
  refused(): void {}
  settled(): void {}
}
