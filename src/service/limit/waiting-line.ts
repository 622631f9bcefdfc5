import type { GatewayError } from '../../core/failure.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { Permit } from '../../core/ports/limiter.ts';

/** How long a call waits in a line that was empty not long ago, and in one that was not. */
const INTERVAL_MS = 100;
const TARGET_MS = 5;

/** A call that waits for its permit. */
export interface Waiting {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: GatewayError) => void;
}

interface Place {
  readonly waiting: Waiting;
  readonly until: number;
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

  /** Whether a line of so many has no place for one more. One that goes from its newer end has: its oldest leaves for it. */
  isFull(most: number): boolean {
    return this.#places.length >= most && !this.isStanding(this.#clock.now());
  }

  enter(waiting: Waiting, most: number): void {
    const now = this.#clock.now();
    const wait = this.isStanding(now) ? TARGET_MS : INTERVAL_MS;
    const oldest = this.#places.length >= most ? this.#places.shift() : undefined;
    if (oldest !== undefined) this.#late(oldest.waiting);
    this.#places.push({ waiting, until: now + wait });
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
    this.#timer ??= this.#clock.after(TARGET_MS, () => this.sweep());
  }

  /** One timer for the whole line, which is short: whoever has waited long enough is at its front or in its middle. */
  private sweep(): void {
    this.#timer = undefined;
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
