import type { GatewayError } from '../../core/failure.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { LimitMode, Permit } from '../../core/ports/limiter.ts';
import { STALL_MS } from '../../core/stall-tolerant-timer.ts';

/** How long a call waits in a queue that was empty not long ago, and in one that was not. */
const INTERVAL_MS = 100;
const TARGET_MS = 5;

/** What comes at once when this process itself stood still for a tenth of a second is no crowd for a service. */
const MIN_GUST = 100;

/**
 * How many may wait, beside so many that are in flight: enough for a gust, and once the queue stands only those whose
 * turn is soon.
 */
function lengthFor(limit: number, isStanding: boolean): number {
  return isStanding ? Math.ceil(limit / 2) : Math.max(2 * limit, MIN_GUST);
}

/** A call that waits for its permit. */
export interface WaitingCall {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: GatewayError) => void;
}

/** What a queue needs from its limiter. */
export interface QueueOwner {
  /** Only `held` may refuse a call; in the other modes every call waits as long as its own deadline allows. */
  readonly mode: LimitMode;
  /** A call has waited in vain. */
  late(call: WaitingCall): void;
  /** Calls wait: called every few milliseconds. */
  waits(): void;
}

interface Entry {
  readonly call: WaitingCall;
  until: number;
  /** How much more time it may be given, for pauses of this process. */
  release: number;
}

/**
 * The queue of one class. In `open` it is first come, first served. In `trial` the newest goes first: it has the most
 * time left. In `held` a queue that has not been empty for a whole interval does not absorb a burst, it only adds its
 * wait to every call: from then on no call waits longer than the target, and the newest goes first.
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
   * Whether there is no place for one more. In a queue that is served from its newer end there is: its oldest leaves
   * for it.
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

  /** The call whose turn it is; undefined where none waits. */
  next(): WaitingCall | undefined {
    const isNewestFirst = this.#owner.mode === 'trial' || this.#isStanding(this.#clock.now());
    return this.#taken(isNewestFirst ? this.#entries.pop() : this.#entries.shift());
  }

  /** The newest call, which leaves for a more important one. */
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
   * This process stood still itself: the responses that came meanwhile are read before any call has waited in vain. No
   * call waits for more than twice its time: a process that does nothing but stand still is no reason to wait for ever.
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

  /**
   * One timer for the whole queue, which is short by now: a call that has waited long enough is at its front or in its
   * middle.
   */
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
