import type { GatewayError } from '../../core/failure.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { LimitMode, Permit } from '../../core/ports/limiter.ts';
import { STALL_MS } from '../../core/stall-tolerant-timer.ts';

/** The maximum wait in a queue that was empty recently, and in one that was not. */
const INTERVAL_MS = 100;
const TARGET_MS = 5;

/** Calls that arrive at once after this process was blocked for 100 ms are no overload of the service. */
const MIN_GUST = 100;

/**
 * The maximum length of the queue for a limit: enough for a burst, and in a persistent queue only calls whose turn is
 * soon.
 */
function lengthFor(limit: number, isStanding: boolean): number {
  return isStanding ? Math.ceil(limit / 2) : Math.max(2 * limit, MIN_GUST);
}

/** A call that waits for its permit. */
export interface WaitingCall {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: GatewayError) => void;
}

/** The limiter as needed by a queue. */
export interface QueueOwner {
  /** Only `held` may reject a call; in the other modes calls wait up to their own deadline. */
  readonly mode: LimitMode;
  /** A call has waited too long. */
  late(call: WaitingCall): void;
  /** Calls are waiting; called every few milliseconds. */
  waits(): void;
}

interface Entry {
  readonly call: WaitingCall;
  until: number;
  /** The remaining extension for pauses of this process. */
  release: number;
}

/**
 * The queue of one priority. In `open` it is first come, first served. In `trial` the newest goes first, since it has
 * the most time left. In `held`, a queue that has not been empty for a whole interval does not absorb a burst but adds
 * its wait to every call; from then on calls wait at most the target time, and the newest goes first.
 *
 * CoDel (Nichols and Jacobson, "Controlling Queue Delay") as Facebook uses it for servers, with adaptive LIFO ("Fail at
 * Scale", 2015).
 */
export class RequestQueue {
  readonly #clock: Clock;
  readonly #owner: QueueOwner;
  readonly #entries: Entry[] = [];
  #emptyAt = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, owner: QueueOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  get length(): number {
    return this.#entries.length;
  }

  /**
   * Whether there is no room for one more. A queue that serves the newest first has room, because its oldest call
   * leaves.
   */
  isFull(limit: number): boolean {
    if (this.#owner.mode !== 'held') return false;
    return !this.#isStanding(this.#clock.now()) && this.#entries.length >= lengthFor(limit, false);
  }

  enter(call: WaitingCall, limit: number): void {
    const now = this.#clock.now();
    const isStanding = this.#isStanding(now);
    while (isStanding && this.#entries.length >= lengthFor(limit, true)) {
      const oldest = this.#entries.shift();
      if (oldest !== undefined) this.#owner.late(oldest.call);
    }
    const wait = isStanding ? TARGET_MS : INTERVAL_MS;
    this.#entries.push({ call, until: now + wait, release: wait });
    this.#watch();
  }

  /** The next call; undefined for none. */
  next(): WaitingCall | undefined {
    const isNewestFirst = this.#owner.mode === 'trial' || this.#isStanding(this.#clock.now());
    return this.#taken(isNewestFirst ? this.#entries.pop() : this.#entries.shift());
  }

  /** The newest call, which leaves for one of a higher priority. */
  last(): WaitingCall | undefined {
    return this.#taken(this.#entries.pop());
  }

  leave(call: WaitingCall): void {
    const at = this.#entries.findIndex(entry => entry.call === call);
    if (at >= 0) this.#entries.splice(at, 1);
    if (this.#entries.length === 0) this.#rest();
  }

  #taken(entry: Entry | undefined): WaitingCall | undefined {
    if (this.#entries.length === 0) this.#rest();
    return entry?.call;
  }

  #isStanding(now: number): boolean {
    if (this.#entries.length === 0) this.#emptyAt = now;
    return this.#owner.mode === 'held' && now - this.#emptyAt >= INTERVAL_MS;
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    const dueAt = this.#clock.now() + TARGET_MS;
    this.#timer = this.#clock.after(TARGET_MS, () => {
      this.#timer = undefined;
      const lateMs = this.#clock.now() - dueAt;
      if (lateMs >= STALL_MS) this.#giveBack(lateMs);
      this.#owner.waits();
      if (this.#owner.mode === 'held') this.#sweep();
      if (this.#entries.length > 0) this.#watch();
    });
  }

  /**
   * After this process was blocked, the responses that arrived meanwhile are processed before any wait expires. No call
   * waits more than twice its time, so a process that is blocked again and again does not delay calls for ever.
   */
  #giveBack(ms: number): void {
    const now = this.#clock.now();
    this.#emptyAt += ms;
    for (const entry of this.#entries) {
      const back = Math.min(ms, entry.release);
      entry.release -= back;
      if (back > 0) entry.until = Math.max(entry.until, now + back);
    }
  }

  /** One timer for the whole queue, which is short by now; an expired call is at its front or in its middle. */
  #sweep(): void {
    const now = this.#clock.now();
    const late = this.#entries.filter(({ until }) => until <= now);
    if (late.length > 0) {
      this.#entries.splice(0, this.#entries.length, ...this.#entries.filter(({ until }) => until > now));
      for (const { call } of late) this.#owner.late(call);
    }
    if (this.#entries.length === 0) this.#rest();
  }

  #rest(): void {
    this.#emptyAt = this.#clock.now();
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
