import { randomBytes } from 'node:crypto';
import { BegunTraces, PARENT_LENGTH } from './begun-traces.ts';

// Random digits are generated for many ids at once, since a call for each would cost ten times as much.
const POOL_BYTES = 4_096;
/** How many traces of requests are begun at once. */
const BEGUN_AT_ONCE = 256;
const VERSION_DIGITS = 2;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
export const NO_TRACE = '0'.repeat(TRACE_DIGITS);
export const NO_SPAN = '0'.repeat(SPAN_DIGITS);

/** The start of a `traceparent` up to its parent id: version and trace id. */
const BEFORE_PARENT = '00-'.length + TRACE_DIGITS + '-'.length;

/** Sampled and random (Level 2, §3.2.3). */
const KNOWN_FLAGS = 3;

/** Random ids of traces and of the calls in them (W3C Trace Context §3.2). */
export class TraceIds {
  #pool = '';
  #at = 0;
  readonly #begun = new BegunTraces(BEGUN_AT_ONCE);
  #parents = '';
  #parentAt = 0;

  /** A trace that begins here. Nobody has decided to record it, and its id is random (Level 2, §3.2.3.2): 02. */
  begin(): string {
    if (this.#parentAt === this.#parents.length) {
      this.#parents = this.#begun.write();
      this.#parentAt = 0;
    }
    const start = this.#parentAt;
    this.#parentAt += PARENT_LENGTH;
    return this.#parents.slice(start, this.#parentAt);
  }

  /**
   * The same trace with a parent id of its own (§4.3), so that a backend's spans show which call they belong to. Its
   * version is 00, which has these fields alone and two flags.
   */
  child(traceParent: string): string {
    const trace = traceParent.slice(VERSION_DIGITS, BEFORE_PARENT);
    const flag = Number.parseInt(traceParent[BEFORE_PARENT + SPAN_DIGITS + 2] ?? '0', 16) & KNOWN_FLAGS;
    return `00${trace}${this.#digits(SPAN_DIGITS, NO_SPAN)}-0${flag}`;
  }

  #digits(count: number, forbidden: string): string {
    if (this.#at + count > this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES).toString('hex');
      this.#at = 0;
    }
    const digits = this.#pool.slice(this.#at, this.#at + count);
    this.#at += count;
    return digits === forbidden ? this.#digits(count, forbidden) : digits;
  }
}
