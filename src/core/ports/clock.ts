import { type TimerCall, TimerQueue } from '../timer-queue.ts';

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
  /** The same with fractions, for what happens more than once in a millisecond. */
  exact(): number;
  /** Milliseconds since the epoch on the wall clock, for comparison with dates from elsewhere. It may step. */
  wall(): number;
  /** Calls once after that many milliseconds, unless it is cancelled. */
  after(ms: number, call: () => void): Timer;
  /**
   * Like `after`, for a timer that most requests start and cancel: it costs a tenth, has no `unref` and does not keep
   * the process alive.
   */
  afterShared?(ms: number, call: TimerCall): Timer;
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

// Read once, because both are getters that each reading of the clock would call.
const { performance: monotonic } = globalThis;
const { timeOrigin } = monotonic;

/** Projects use few different lengths; any further length gets a timer of its own. */
const MAX_QUEUES = 64;
const queues = new Map<number, TimerQueue>();

function queueOf(ms: number): TimerQueue | undefined {
  const known = queues.get(ms);
  if (known !== undefined || queues.size >= MAX_QUEUES || ms > MAX_MS) return known;
  const queue = new TimerQueue(ms, () => monotonic.now());
  queues.set(ms, queue);
  return queue;
}

/** `Clock.now` with fractions, for what happens more than once in a millisecond. */
export function fractionalNow(): number {
  return timeOrigin + monotonic.now();
}

export const systemClock: Clock = {
  now: () => Math.floor(timeOrigin + monotonic.now()),
  exact: fractionalNow,
  wall: () => Date.now(),
  after: (ms, call) => new SystemTimer(ms, call),
  afterShared: (ms, call) => queueOf(ms)?.add(call) ?? timerOfItsOwn(systemClock, ms, call),
};

/** Uses `afterShared` if the clock has it. */
export function afterShared(clock: Clock, ms: number, call: TimerCall): Timer {
  return clock.afterShared === undefined ? timerOfItsOwn(clock, ms, call) : clock.afterShared(ms, call);
}

function timerOfItsOwn(clock: Clock, ms: number, call: TimerCall): Timer {
  const dueAt = clock.now() + ms;
  return clock.after(ms, () => call(clock.now() - dueAt));
}
