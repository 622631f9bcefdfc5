import type { CallOutcome } from '../../core/call-outcome.ts';
import type { Sample } from '../../core/ports/limiter.ts';

/** A window closes on a sample: after a moment where there are many, after a second where there are few. */
const MOMENT_MS = 100;
const LONG_MS = 1_000;

/** So many samples say something where no more come. */
export const FEW = 20;
/** So many make a window where nothing is urgent. */
export const MANY = 100;

/** Of the most calls in flight so much is remembered from one window to the next. */
const PEAK_KEPT = 0.995;

/** The clock has whole milliseconds; a response always takes some time. */
const MIN_MS = 0.5;

/** What the calls of some time showed. One object for all windows, begun anew: nothing is allocated per window. */
export class SampleWindow {
  /** How many calls have begun in it. */
  begun = 0;
  samples = 0;
  /** Those that succeeded, which alone are timed: what fails at once does not say how long a response takes. */
  timed = 0;
  drops = 0;
  /** The drops that were responses with 429. */
  throttled = 0;
  /** The drops that were responses, 429 or 503, not timeouts or failed connections. */
  declined = 0;
  refused = 0;
  /** Whether calls waited for room. */
  waited = false;
  /** The most calls in flight, and the same over windows, slowly forgotten. */
  peak = 0;
  recentPeak = 0;
  fastestMs = Number.POSITIVE_INFINITY;
  /** Of the samples that came while calls waited. */
  slowestMs = 0;
  /** How many calls were in flight when the latest one began. */
  #inFlight = 0;
  #beganAt: number | undefined;
  #sum = 0;
  #logs = 0;
  #squares = 0;

  begin(at: number): void {
    this.recentPeak = Math.max(this.recentPeak * PEAK_KEPT, this.peak);
    this.#beganAt = at;
    this.begun = 0;
    this.samples = 0;
    this.timed = 0;
    this.drops = 0;
    this.throttled = 0;
    this.declined = 0;
    this.refused = 0;
    this.waited = false;
    this.peak = this.#inFlight;
    this.fastestMs = Number.POSITIVE_INFINITY;
    this.slowestMs = 0;
    this.#sum = 0;
    this.#logs = 0;
    this.#squares = 0;
  }

  acquired(inFlight: number): void {
    this.begun++;
    this.#inFlight = inFlight;
    if (inFlight > this.peak) this.peak = inFlight;
  }

  /** Whether a call began in this window, not before. */
  began({ at, headersMs: headMs }: Sample): boolean {
    return this.#beganAt === undefined || at - headMs > this.#beganAt;
  }

  add({ finding, headersMs: headMs, at }: Sample): void {
    this.samples++;
    this.#beganAt ??= at - headMs;
    if (finding.overloaded) this.#drop(finding);
    else if (finding.outcome === 'succeeded') {
      this.timed++;
      this.#sum += headMs;
      if (headMs < this.fastestMs) this.fastestMs = headMs;
      const log = Math.log(Math.max(headMs, MIN_MS));
      this.#logs += log;
      this.#squares += log * log;
    }
  }

  /** Of a sample that was added while calls waited. */
  addInCrowd({ finding, headersMs: headMs }: Sample): void {
    if (finding.outcome !== 'succeeded' || finding.overloaded) return;
    if (headMs > this.slowestMs) this.slowestMs = headMs;
  }

  /** Whether these are samples enough. @param atLeastMs how long the window has to be, beyond a moment. */
  isFull(at: number, samples: number, atLeastMs = 0): boolean {
    if (this.samples < samples && this.samples < FEW) return false;
    const lastedMs = this.lastedMs(at);
    if (this.samples >= samples && lastedMs >= MOMENT_MS && lastedMs >= atLeastMs) return true;
    return lastedMs >= LONG_MS;
  }

  lastedMs(at: number): number {
    return at - (this.#beganAt ?? at);
  }

  /** Successful responses a millisecond. */
  rate(at: number): number {
    return this.timed / Math.max(this.lastedMs(at), 1);
  }

  /**
   * The geometric mean of the times to head: one slow route among fast ones does not drown them. Undefined if nothing
   * succeeded.
   */
  get typicalMs(): number | undefined {
    return this.timed === 0 ? undefined : Math.exp(this.#logs / this.timed);
  }

  /** The same with so many more calls that took so long. */
  typicalWith(more: number, ms: number): number {
    return Math.exp((this.#logs + more * Math.log(Math.max(ms, MIN_MS))) / Math.max(this.timed + more, 1));
  }

  /** The arithmetic mean, which Little's law speaks of. */
  get meanMs(): number {
    return this.timed === 0 ? 0 : this.#sum / this.timed;
  }

  /** The variance of the geometric mean, as a share: how far chance alone may have moved it. */
  get noise(): number {
    const { timed } = this;
    if (timed < 2) return 0;
    const mean = this.#logs / timed;
    return Math.max(this.#squares / timed - mean * mean, 0) / (timed - 1);
  }

  #drop({ outcome, name }: CallOutcome): void {
    this.drops++;
    if (outcome === 'succeeded') this.throttled++;
    if (name === 'throttled' || name === 'overloaded') this.declined++;
  }
}
