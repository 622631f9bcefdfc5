const FORGOTTEN_AFTER_MS = 60_000;
const FIRST_MS = 100;
const MAX_MS = 10_000;

/** The delay before a dead worker is replaced: zero at first, then longer for each further death. */
export class BackOff {
  #deaths: readonly number[] = [];

  /** @param nowMs any monotonic clock. */
  next(nowMs: number): number {
    this.#deaths = [...this.#deaths.filter(at => nowMs - at < FORGOTTEN_AFTER_MS), nowMs];
    const before = this.#deaths.length - 1;
    return before === 0 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (before - 1));
  }
}
