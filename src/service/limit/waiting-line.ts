import type { GatewayError } from '../../core/failure.ts';
import { STALL_MS } from '../../core/fair-timer.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { Permit } from '../../core/ports/limiter.ts';

/** How long a call waits in a line that was empty not long ago, and in one that was not. */
const INTERVAL_MS = 100;
const TARGET_MS = 5;

/** How many may wait, beside so many that are in flight: enough for a gust, and once the line stands only who soon has his turn. */
function lengthFor(limit: number, isStanding: boolean): number {
  return isStanding ? Math.ceil(limit / 2) : Math.max(2 * limit, LEAST_GUST);
}

/** What comes at once when this process itself stood still for a tenth of a second is no crowd for a service. */
const LEAST_GUST = 100;

/** A call that waits for its permit. */
export interface Waiting {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: GatewayError) => void;
}

interface Place {
  readonly waiting: Waiting;
  until: number;
  /** How much more time it may be given, for pauses of this process. */
  spare: number;
}

/**
 * The line of one class. A line that has not been empty for a whole interval does not take up a gust, it only adds its wait to every
 * call: from then on nobody waits longer than the target, and the newest goes first, since its client is the likeliest to be still there.
 *
 * CoDel (Nichols and Jacobson, "Controlling Queue Delay") as Facebook has it for servers, with adaptive LIFO ("Fail at Scale", 2015).
 */
export class WaitingLine {
  readonly #clock: Clock;
  readonly #late: (waiting: Waiting) => void;
  readonly #places: Place[] = [];
  #emptyAt = 0;
  #timer: Timer | undefined;

  /** @param late is given every call that has waited in vain. */
  constructor(clock: Clock, late: (waiting: Waiting) => void) {
    this.#clock = clock;
    this.#late = late;
  }

  get length(): number {
    return this.#places.length;
  }

  /** Whether there is no place for one more. In a line that goes from its newer end there is: its oldest leaves for it. */
  isFull(limit: number): boolean {
    return !this.isStanding(this.#clock.now()) && this.#places.length >= lengthFor(limit, false);
  }

  enter(waiting: Waiting, limit: number): void {
    const now = this.#clock.now();
    const isStanding = this.isStanding(now);
    while (isStanding && this.#places.length >= lengthFor(limit, true)) {
      const oldest = this.#places.shift();
      if (oldest !== undefined) this.#late(oldest.waiting);
    }
    const wait = isStanding ? TARGET_MS : INTERVAL_MS;
    this.#places.push({ waiting, until: now + wait, spare: wait });
    this.watch();
  }

  /** Who goes next; undefined where nobody waits. */
  next(): Waiting | undefined {
    const place = this.isStanding(this.#clock.now()) ? this.#places.pop() : this.#places.shift();
    if (this.#places.length === 0) this.rest();
    return place?.waiting;
  }

  leave(waiting: Waiting): void {
    const at = this.#places.findIndex(place => place.waiting === waiting);
    if (at >= 0) this.#places.splice(at, 1);
    if (this.#places.length === 0) this.rest();
  }

  private isStanding(now: number): boolean {
    if (this.#places.length === 0) this.#emptyAt = now;
    return now - this.#emptyAt >= INTERVAL_MS;
  }

  private watch(): void {
    if (this.#timer !== undefined) return;
    const dueAt = this.#clock.now() + TARGET_MS;
    this.#timer = this.#clock.after(TARGET_MS, () => {
      this.#timer = undefined;
      const lateMs = this.#clock.now() - dueAt;
      if (lateMs >= STALL_MS) this.giveBack(lateMs);
      this.sweep();
    });
  }

  /**
   * This process stood still itself: the answers that came meanwhile are read before anybody has waited in vain. Nobody waits for more than twice
   * his time: a process that does nothing but stand still is no reason to wait for ever.
   */
  private giveBack(ms: number): void {
    const now = this.#clock.now();
    this.#emptyAt += ms;
    for (const place of this.#places) {
      const back = Math.min(ms, place.spare);
      place.spare -= back;
      if (back > 0) place.until = Math.max(place.until, now + back);
    }
  }

  /** One timer for the whole line, which is short: whoever has waited long enough is at its front or in its middle. */
  private sweep(): void {
    const now = this.#clock.now();
    const late = this.#places.filter(({ until }) => until <= now);
    if (late.length > 0) {
      this.#places.splice(0, this.#places.length, ...this.#places.filter(({ until }) => until > now));
      for (const { waiting } of late) this.#late(waiting);
    }
    if (this.#places.length === 0) this.rest();
    else this.watch();
  }

  private rest(): void {
    this.#emptyAt = this.#clock.now();
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
