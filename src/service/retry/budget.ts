import type { Clock } from '../../core/ports/clock.ts';

/** The share of calls that may be retried, with a minimum at low traffic. */
const SHARE = 0.2;
const PER_SECOND = 10;
const SECONDS = 10;

/**
 * Limits the retries of one service over the last ten seconds: a fifth of its calls, or ten per second if that is more.
 * In an outage three attempts per call would triple the load; with this it is 1.2 times.
 *
 * After Finagle's RetryBudget and Envoy's retry budget. One for all routes, since a service is down for all of them.
 */
export class RetryBudget {
  /** The numbers of allowed and rejected retries so far. */
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

  /** A call was made, which adds a share of a retry. */
  called(): void {
    this.#turn();
    const at = this.#second % SECONDS;
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    this.#sumOfCalls++;
  }

  /** @returns whether a retry is allowed. */
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

  /** The number of retries that are allowed now. */
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
