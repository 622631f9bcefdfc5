import type { SampleWindow } from './sample-window.ts';

/** The highest rate is forgotten within some windows. */
const RATE_KEPT = 0.98;
/** The weight of a window in which no call waited. */
const SHARE = 0.2;
/** More 429 and 503 than this are no habit. */
const MAX_DECLINED = 0.2;
/** So many calls are no crowd, whatever their rate and times explain. */
const FEW_IN_FLIGHT = 20;
/** How many times as many may be in flight as rate and times explain: chance makes waves. */
const WAVES = 2;

/**
 * What a service takes when its calls do not wait for one another in it, and how many responses a millisecond it gives
 * at most. Rate times time is how many calls are then in flight (Little's law), which BBR calls the bandwidth-delay
 * product.
 */
export class UsualTimes {
  /**
   * Whether these are times of calls that did not wait for one another; before, they are only the first that were seen.
   */
  isKnown = false;
  /** The geometric mean; undefined before the first window. */
  typicalMs: number | undefined;
  /** The variance of that mean, as a share. */
  noise = 0;
  /** The arithmetic mean. */
  meanMs = 1;
  /** Responses a millisecond, the most of late. */
  rate = 0;
  /**
   * The share of 429 and 503 that are the service's own and no sign of a crowd: it sends them without waiting calls,
   * too.
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

  /** The first window at all: better than nothing, as long as nothing is known. */
  first(window: SampleWindow): void {
    if (window.typicalMs === undefined) return;
    this.take(window.typicalMs, 1, window.noise);
    this.meanMs = window.meanMs;
  }

  /**
   * A window in which no call waited. Only calls that were explained by rate and time count: a cold process hears of
   * the fast calls first. And only two windows in a row: the last one before a crowd is half a crowd.
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

  /** The next calm window is none that follows another one. */
  interrupt(): void {
    this.#lastTypicalMs = undefined;
  }

  /** Moves the usual time by a share towards what a window showed. */
  take(typicalMs: number, share: number, noise: number): void {
    const kept = 1 - share;
    this.typicalMs = kept * (this.typicalMs ?? typicalMs) + share * typicalMs;
    this.noise = kept * kept * this.noise + share * share * noise;
  }

  /** It is the service itself that takes so long: its calls are slower by as much, and fewer a second. */
  becomes(typicalMs: number, noise: number): void {
    const times = Math.max(typicalMs / (this.typicalMs ?? typicalMs), 1);
    this.meanMs *= times;
    this.rate /= times;
    this.take(typicalMs, 1, noise);
    this.interrupt();
  }
}
