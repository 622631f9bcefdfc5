import type { SampleWindow } from './sample-window.ts';

/** The maximum rate decays over some windows. */
const RATE_KEPT = 0.98;
/** The weight of a window in which no call waited. */
const SHARE = 0.2;
/** More 429 and 503 than this are not normal for any service. */
const MAX_DECLINED = 0.2;
/** Fewer calls than this are no overload, whatever rate and times explain. */
const FEW_IN_FLIGHT = 20;
/** Random variation of the calls in flight, relative to what rate and times explain. */
const WAVES = 2;

/**
 * The time of a service's calls without waiting, and its maximum rate in responses per millisecond. Rate times time is
 * the number of calls in flight (Little's law), called bandwidth-delay product in BBR.
 */
export class UsualTimes {
  /** Whether these are times of calls that did not wait for one another; before, they are only the first ones seen. */
  isKnown = false;
  /** The geometric mean; undefined before the first window. */
  typicalMs: number | undefined;
  /** The relative variance of that mean. */
  noise = 0;
  /** The arithmetic mean. */
  meanMs = 1;
  /** The recent maximum of responses per millisecond. */
  rate = 0;
  /**
   * The usual share of 429 and 503 responses, which are no sign of overload because they also occur without waiting
   * calls.
   */
  declinedShare = MAX_DECLINED;
  #lastTypicalMs: number | undefined;
  #lastMeanMs = 0;

  get inFlight(): number {
    return this.rate * this.meanMs;
  }

  /** @param rate of successful responses in a window that has just closed. */
  answered(rate: number): void {
    this.rate = Math.max(this.rate * RATE_KEPT, rate);
  }

  /** The first window, used while nothing else is known. */
  first(window: SampleWindow): void {
    if (window.typicalMs === undefined) return;
    this.take(window.typicalMs, 1, window.noise);
    this.meanMs = window.meanMs;
  }

  /**
   * A window in which no call waited. Only calls explained by rate and time count, because a cold process sees the fast
   * calls first. Only the second of two such windows counts, because the last one before an overload is half
   * overloaded.
   */
  calm(window: SampleWindow, rate: number): void {
    const { typicalMs, meanMs, declined, samples } = window;
    this.declinedShare +=
      (this.isKnown ? SHARE : 1) * (Math.min(declined / samples, MAX_DECLINED) - this.declinedShare);
    if (typicalMs === undefined || window.peak > FEW_IN_FLIGHT + WAVES * rate * meanMs) {
      this.interrupt();
      return;
    }
    if (this.#lastTypicalMs !== undefined) {
      const share = this.isKnown ? SHARE : 1;
      this.take(this.#lastTypicalMs, share, window.noise);
      this.meanMs += share * (this.#lastMeanMs - this.meanMs);
      this.isKnown = true;
    }
    this.#lastTypicalMs = typicalMs;
    this.#lastMeanMs = meanMs;
  }

  /** The next calm window does not follow another one. */
  interrupt(): void {
    this.#lastTypicalMs = undefined;
  }

  /** Moves the usual time towards a window's value by a share. */
  take(typicalMs: number, share: number, noise: number): void {
    const kept = 1 - share;
    this.typicalMs = kept * (this.typicalMs ?? typicalMs) + share * typicalMs;
    this.noise = kept * kept * this.noise + share * share * noise;
  }

  /** The service itself has become slower: its times rise and its rate falls by the same factor. */
  becomes(typicalMs: number, noise: number): void {
    const times = Math.max(typicalMs / (this.typicalMs ?? typicalMs), 1);
    this.meanMs *= times;
    this.rate /= times;
    this.take(typicalMs, 1, noise);
    this.interrupt();
  }
}
