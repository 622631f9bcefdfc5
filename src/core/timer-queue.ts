/** @param lateMs how long the timer was due before it fired: the process was busy or suspended. */
export type TimerCall = (lateMs: number) => void;

/**
 * Timers of one length, the first one due first, behind one timer of Node. Nearly every timer of a request is cancelled
 * before it is due: here that is a few assignments.
 */
export class TimerQueue {
  readonly #ms: number;
  readonly #now: () => number;
  #first: QueuedTimer | undefined;
  #last: QueuedTimer | undefined;
  #armed: NodeJS.Timeout | undefined;
  #isExpiring = false;

  /** @param now in milliseconds, with fractions. */
  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
  }

  add(call: TimerCall): QueuedTimer {
    const timer = new QueuedTimer(this, this.#now() + this.#ms, call);
    timer.before = this.#last;
    if (this.#last === undefined) this.#first = timer;
    else this.#last.after = timer;
    this.#last = timer;
    if (this.#armed === undefined && !this.#isExpiring) this.#arm(this.#ms);
    return timer;
  }

  remove(timer: QueuedTimer): void {
    const { before, after } = timer;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // A request that keeps its cancelled timer must not keep its neighbours.
    timer.before = undefined;
    timer.after = undefined;
  }

  readonly #expire = (): void => {
    this.#armed = undefined;
    this.#isExpiring = true;
    const now = this.#now();
    try {
      for (let timer = this.#first; timer !== undefined && timer.dueAt <= now; timer = this.#first) {
        timer.expire(now - timer.dueAt);
      }
    } finally {
      // A callback may have added a timer, or have thrown: the one that is due first counts.
      this.#isExpiring = false;
      if (this.#first !== undefined) this.#arm(Math.max(1, Math.ceil(this.#first.dueAt - now)));
    }
  };

  #arm(ms: number): void {
    this.#armed = setTimeout(this.#expire, ms).unref();
  }
}

/** It has no `unref`: nothing of the queue keeps the process alive. */
class QueuedTimer {
  readonly dueAt: number;
  before: QueuedTimer | undefined = undefined;
  after: QueuedTimer | undefined = undefined;
  #queue: TimerQueue | undefined;
  #call: TimerCall | undefined;

  constructor(queue: TimerQueue, dueAt: number, call: TimerCall) {
    this.#queue = queue;
    this.dueAt = dueAt;
    this.#call = call;
  }

  expire(lateMs: number): void {
    const call = this.#call;
    this.cancel();
    call?.(lateMs);
  }

  cancel(): void {
    this.#queue?.remove(this);
    this.#queue = undefined;
    this.#call = undefined;
  }
}
