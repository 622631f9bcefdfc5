import type { Sample } from '../../core/ports/limiter.ts';

/** A window closes on a sample: after a moment where there are many, after a second where there are few. */
const MOMENT_MS = 100;
const MANY = 100;
const LONG_MS = 1_000;
const FEW = 20;

/** What the calls of some time showed. One object for all windows, begun anew: nothing is made per window. */
export class SampleWindow {
  samples = 0;
  drops = 0;
  /** Those of them that were answered with 429. */
  throttled = 0;
  refused = 0;
  /** The most calls in flight. */
  peak = 0;
  #beganAt: number | undefined;
  #timed = 0;
  #logs = 0;
  #squares = 0;

  begin(at: number): void {
    this.#beganAt = at;
    this.samples = 0;
    this.drops = 0;
    this.throttled = 0;
    this.refused = 0;
    this.peak = 0;
    this.#timed = 0;
    this.#logs = 0;
    this.#squares = 0;
  }

  /** Whether a call began in this window, not before. */
  began({ at, headMs }: Sample): boolean {
    return this.#beganAt === undefined || at - headMs >= this.#beganAt;
  }

  /** @returns whether that was enough. */
  add({ finding, headMs, at }: Sample, hurried: boolean): boolean {
    this.samples++;
    // What fails in no time says nothing of how long an answer takes: only successes are timed.
    if (finding.overloaded) {
      this.drops++;
      if (finding.outcome === 'succeeded') this.throttled++;
    } else if (finding.outcome === 'succeeded') {
      this.#timed++;
      // The clock tells whole milliseconds; an answer takes some time nevertheless.
      const log = Math.log(Math.max(headMs, 0.5));
      this.#logs += log;
      this.#squares += log * log;
    }
    this.#beganAt ??= at;
    const lasted = at - this.#beganAt;
    return (
      (this.samples >= (hurried ? FEW : MANY) && lasted >= MOMENT_MS) || (this.samples >= FEW && lasted >= LONG_MS)
    );
  }

  /** The geometric mean of the times to head: one slow route among fast ones does not drown them. Undefined if nothing succeeded. */
  get typicalMs(): number | undefined {
    return this.#timed === 0 ? undefined : Math.exp(this.#logs / this.#timed);
  }

  /** The variance of that mean, as a share: how far chance alone may have moved it. */
  get noise(): number {
    const timed = this.#timed;
    if (timed < 2) return 0;
    const mean = this.#logs / timed;
    return Math.max(this.#squares / timed - mean * mean, 0) / (timed - 1);
  }
}
