import type { LearnedLimit, LimitMode, Sample } from '../../core/ports/limiter.ts';

/** Decides how many calls may be in flight, independent of which ones. */
export interface Limit {
  readonly now: number;
  /** Only `held` rejects calls. In `open` and `trial` a call without room waits. */
  readonly mode: LimitMode;
  /** The start value for the next process; undefined if nothing is learned yet. */
  readonly learned: LearnedLimit | undefined;
  /** A call has started, with that many in flight now. */
  acquired(inFlight: number): void;
  /** Calls wait for room. Called for each call that starts to wait, and every few milliseconds while any waits. */
  waited(wait: Wait): void;
  /** The limit itself held a call back. */
  refused(): void;
  settled(sample: Sample): void;
}

export interface Wait {
  readonly at: number;
  /** Whether no other call waited before. */
  readonly isFirst: boolean;
}

/** A fixed limit, which learns nothing from calls. */
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
