export interface Timer {
  cancel(): void;
  /** Lets the process end though the timer still waits. */
  unref?(): void;
}

/** Time as an argument: a test owns it. */
export interface Clock {
  /**
   * Milliseconds on a clock that never steps; it starts at the epoch, and the calendar may go another way later. For
   * measuring.
   */
  now(): number;
  /** Milliseconds since the epoch, as the calendar says: for comparing with dates that others wrote. It may step. */
  wall(): number;
  /** Calls once, after that many milliseconds, unless it is cancelled. */
  after(ms: number, call: () => void): Timer;
}

// Node calls at once what is to be called later than this.
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
