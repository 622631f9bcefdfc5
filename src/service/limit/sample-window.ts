import type { CallOutcome } from '../../core/call-outcome.ts';
import type { Sample } from '../../core/ports/limiter.ts';

/** A window closes at a sample: after a moment with many samples, after a second with few. */
const MOMENT_MS = 100;
const LONG_MS = 1_000;

/** The sufficient number of samples if no more come. */
export const FEW = 20;
/** The number of samples of a window without urgency. */
export const MANY = 100;

/** The share of the maximum of calls in flight that is kept for the next window. */
const PEAK_KEPT = 0.995;

/** The clock has whole milliseconds, and a response takes some time. */
const MIN_MS = 0.5;

/** The results of the calls in a period. One object is reused for all windows, so that none is allocated. */
export class SampleWindow {
  /** The number of calls that started in it. */
  begun = 0;
  samples = 0;
  /** The successful calls, which alone are timed, because a fast failure says nothing about response times. */
  timed = 0;
  drops = 0;
  /** The drops with status 429. */
  throttled = 0;
  /** The drops with status 429 or 503, as opposed to timeouts and failed connections. */
  declined = 0;
  refused = 0;
  /** Whether calls waited for room. */
  waited = false;
  /** The maximum of calls in flight, in the window and decaying over windows. */
  peak = 0;
  recentPeak = 0;
  /** The number of calls in flight at the start of the latest one. */
  inFlight = 0;
  fastestMs = Number.POSITIVE_INFINITY;
  /** For samples that arrived while calls waited. */
  slowestMs = 0;
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
    this.peak = this.inFlight;
    this.fastestMs = Number.POSITIVE_INFINITY;
    this.slowestMs = 0;
    this.#sum = 0;
    this.#logs = 0;
    this.#squares = 0;
  }

  acquired(inFlight: number): void {
    this.begun++;
    this.inFlight = inFlight;
    if (inFlight > this.peak) this.peak = inFlight;
  }

  /** Whether a call started in this window. */
  began({ at, headersMs }: Sample): boolean {
    return this.#beganAt === undefined || at - headersMs > this.#beganAt;
  }

  add({ finding, headersMs, at }: Sample): void {
    this.samples++;
    this.#beganAt ??= at - headersMs;
    if (finding.overloaded) this.#drop(finding);
    else if (finding.outcome === 'succeeded') {
      this.timed++;
      this.#sum += headersMs;
      if (headersMs < this.fastestMs) this.fastestMs = headersMs;
      const log = Math.log(Math.max(headersMs, MIN_MS));
      this.#logs += log;
      this.#squares += log * log;
    }
  }

  /** Adds a sample that arrived while calls waited. */
  addInCrowd({ finding, headersMs }: Sample): void {
    if (finding.outcome !== 'succeeded' || finding.overloaded) return;
    if (headersMs > this.slowestMs) this.slowestMs = headersMs;
  }

  /** Whether these are enough samples. @param atLeastMs the minimum length of the window. */
  isFull(at: number, samples: number, atLeastMs = 0): boolean {
    if (this.samples < samples && this.samples < FEW) return false;
    const lastedMs = this.lastedMs(at);
    if (this.samples >= samples && lastedMs >= MOMENT_MS && lastedMs >= atLeastMs) return true;
    return lastedMs >= LONG_MS;
  }

  lastedMs(at: number): number {
    return at - (this.#beganAt ?? at);
  }

  /** Successful responses per millisecond. */
  rate(at: number): number {
    return this.timed / Math.max(this.lastedMs(at), 1);
  }

  /**
   * The geometric mean of the times to response headers, in which one slow route does not dominate fast ones. Undefined
   * without a success.
   */
  get typicalMs(): number | undefined {
    return this.timed === 0 ? undefined : Math.exp(this.#logs / this.timed);
  }

  /** The same with additional calls of that time. */
  typicalWith(more: number, ms: number): number {
    return Math.exp((this.#logs + more * Math.log(Math.max(ms, MIN_MS))) / Math.max(this.timed + more, 1));
  }

  /** The arithmetic mean, as in Little's law. */
  get meanMs(): number {
    return this.timed === 0 ? 0 : this.#sum / this.timed;
  }

  /** The relative variance of the geometric mean, which shows how much of it may be random. */
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
