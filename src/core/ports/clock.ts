export interface Timer {
  cancel(): void;
  /** Lets the process exit although the timer is active. */
  unref?(): void;
}

/** Time as a dependency, so that tests control it. */
export interface Clock {
  /**
   * Milliseconds on a monotonic clock, which starts at the epoch and may differ from the wall clock later. For
   * measuring.
   */
  now(): number;
  /** Milliseconds since the epoch on the wall clock, for comparison with dates from elsewhere. It may step. */
  wall(): number;
  /** Calls once after that many milliseconds, unless it is cancelled. */
  after(ms: number, call: () => void): Timer;
}

// Node fires a timer with a longer delay at once.
const MAX_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(ms: number, call: () => void) {
    this.#handle = setTimeout(call, Math.min(ms, MAX_MS));
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  unref(): void {
    this.#handle.unref();
  }
}

export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  wall: () => Date.now(),
  after: (ms, call) => new SystemTimer(ms, call),
};
