export interface Timer {
  cancel(): void;
}

/** Time as an argument: a test owns it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once, after that many milliseconds, unless it is cancelled. */
  after(ms: number, call: () => void): Timer;
}

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(ms: number, call: () => void) {
    this.#handle = setTimeout(call, ms);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, call) => new SystemTimer(ms, call),
};
