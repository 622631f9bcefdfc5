import { randomBytes } from 'node:crypto';

// Random digits are generated for many ids at once, since a call for each would cost ten times as much.
const POOL_BYTES = 4_096;
const VERSION_DIGITS = 2;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
export const NO_TRACE = '0'.repeat(TRACE_DIGITS);
export const NO_SPAN = '0'.repeat(SPAN_DIGITS);

/** The start of a `traceparent` up to its parent id: version and trace id. */
const BEFORE_PARENT = '00-'.length + TRACE_DIGITS + '-'.length;

/** Sampled and random (Level 2, §3.2.3). */
const KNOWN_FLAGS = 3;

/** Random ids of the calls in a trace (W3C Trace Context §3.2). */
export class TraceIds {
  #pool = '';
  #at = 0;

  /**
   * The same trace with a parent id of its own (§4.3), so that a backend's spans show which call they belong to. Its
   * version is 00, which has these fields alone and two flags.
   */
  child(traceParent: string): string {
    const trace = traceParent.slice(VERSION_DIGITS, BEFORE_PARENT);
    const flag = Number.parseInt(traceParent[BEFORE_PARENT + SPAN_DIGITS + 2] ?? '0', 16) & KNOWN_FLAGS;
    return `00${trace}${this.#span()}-0${flag}`;
  }

  #span(): string {
    if (this.#at === this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES).toString('hex');
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += SPAN_DIGITS;
    const span = this.#pool.slice(start, this.#at);
    return span === NO_SPAN ? this.#span() : span;
  }
}
