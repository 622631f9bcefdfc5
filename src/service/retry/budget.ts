import type { Clock } from '../../core/ports/clock.ts';

/** How many repeats a service gets for its calls: a share of them, and a few where there are few. */
const SHARE = 0.2;
const PER_SECOND = 10;
const SECONDS = 10;

/**
 * How often the calls of one service may be sent again, over the last ten seconds: a fifth of them, or ten a second
 * where that is more. In an outage three attempts for each call would be three times the load on what is down; with
 * this it is 1.2 times.
 *
 * After Finagle's RetryBudget and Envoy's retry budget. One for all routes: a service is down for all of them.
 */
export class RetryBudget {
  /** How many were allowed and refused so far. */
  taken = 0;
  refused = 0;
  readonly #clock: Clock;
  readonly #calls = new Array<number>(SECONDS).fill(0);
  readonly #repeats = new Array<number>(SECONDS).fill(0);
  #second: number;
  #sumOfCalls = 0;
  #sumOfRepeats = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#second = secondOf(clock);
  }

  /** A call was made: it brings a share of a repeat. */
  called(): void {
    this.#turn();
    const at = this.#second % SECONDS;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#sumOfCalls++;
  }

  /** @returns whether one more repeat may go. */
  take(): boolean {
    if (this.left < 1) {
      this.refused++;
      return false;
    }
    const at = this.#second % SECONDS;
    this.#repeats[at] = (this.#repeats[at] ?? 0) + 1;
    this.#sumOfRepeats++;
    this.taken++;
    return true;
  }

  /** How many repeats may still go at this moment. */
  get left(): number {
    this.#turn();
    return Math.max(SHARE * this.#sumOfCalls, PER_SECOND * SECONDS) - this.#sumOfRepeats;
  }

  #turn(): void {
    const second = secondOf(this.#clock);
    const turns = Math.min(second - this.#second, SECONDS);
    for (let i = 1; i <= turns; i++) {
      const at = (this.#second + i) % SECONDS;
      this.#sumOfCalls -= this.#calls[at] ?? 0;
      this.#sumOfRepeats -= this.#repeats[at] ?? 0;
      this.#calls[at] = 0;
      this.#repeats[at] = 0;
    }
    this.#second = second;
  }
}

function secondOf(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
