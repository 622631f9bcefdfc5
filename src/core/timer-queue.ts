/**
 * Timers of one length in order of their due time, with one timer of Node. Nearly every timer of a request is cancelled
 * before it is due, which costs two assignments here.
 */
export class TimerQueue {
  readonly #ms: number;
  readonly #now: () => number;
  #first: QueuedTimer | undefined;
  #last: QueuedTimer | undefined;
  #armed: NodeJS.Timeout | undefined;

  /** @param now in milliseconds, with fractions. */
  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
  }

  add(call: () => void): QueuedTimer {
    const timer = new QueuedTimer(this, this.#now() + this.#ms, call);
    timer.before = this.#last;
    if (this.#last === undefined) this.#first = timer;
    else this.#last.after = timer;
    this.#last = timer;
    this.#armed ??= setTimeout(this.#expire, this.#ms).unref();
    return timer;
  }

  remove({ before, after }: QueuedTimer): void {
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
  }

  readonly #expire = (): void => {
    this.#armed = undefined;
    const now = this.#now();
    for (let timer = this.#first; timer !== undefined && timer.dueAt <= now; timer = this.#first) timer.expire();
    const next = this.#first;
    if (next !== undefined) this.#armed ??= setTimeout(this.#expire, Math.max(1, Math.ceil(next.dueAt - now))).unref();
  };
}

/** It has no `unref`: nothing of the queue keeps the process alive. */
class QueuedTimer {
  readonly dueAt: number;
  before: QueuedTimer | undefined = undefined;
  after: QueuedTimer | undefined = undefined;
  #queue: TimerQueue | undefined;
  readonly #call: () => void;

  constructor(queue: TimerQueue, dueAt: number, call: () => void) {
    this.#queue = queue;
    this.dueAt = dueAt;
    this.#call = call;
  }

  expire(): void {
    this.cancel();
    this.#call();
  }

  cancel(): void {
    this.#queue?.remove(this);
    this.#queue = undefined;
  }
}
