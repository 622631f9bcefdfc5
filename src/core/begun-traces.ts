import { randomFillSync } from 'node:crypto';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const RANDOM_BYTES = TRACE_BYTES + SPAN_BYTES;

/** Version, trace id, span id and flags (W3C Trace Context §3.2). */
const PATTERN = `00-${'0'.repeat(2 * TRACE_BYTES)}-${'0'.repeat(2 * SPAN_BYTES)}-02`;
const TRACE_AT = '00-'.length;
const SPAN_AT = TRACE_AT + 2 * TRACE_BYTES + '-'.length;
/** How many traces are written at once. */
const COUNT = 256;

const DIGITS = Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')));
const HIGH = Uint8Array.from(DIGITS, digits => digits[0] ?? 0);
const LOW = Uint8Array.from(DIGITS, digits => digits[1] ?? 0);

/**
 * Traces that begin here, written into one text for many requests. A request takes a slice of it, one object, where a
 * text made of its pieces is nine; and the ids of the last requests outlive their young generation.
 */
export class BegunTraces {
  readonly #random = Buffer.alloc(COUNT * RANDOM_BYTES);
  readonly #bytes = Buffer.alloc(COUNT * PATTERN.length, PATTERN);
  #written = '';
  #at = 0;

  /** The next `traceparent`. Nobody has decided to record it, and its id is random (Level 2, §3.2.3.2): 02. */
  begin(): string {
    if (this.#at === this.#written.length) {
      this.#written = this.#write();
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += PATTERN.length;
    return this.#written.slice(start, this.#at);
  }

  #write(): string {
    randomFillSync(this.#random);
    for (let i = 0; i < COUNT; i++) {
      const from = i * RANDOM_BYTES;
      const at = i * PATTERN.length;
      this.#digits(from, TRACE_BYTES, at + TRACE_AT);
      this.#digits(from + TRACE_BYTES, SPAN_BYTES, at + SPAN_AT);
    }
    return this.#bytes.toString('latin1');
  }

  #digits(from: number, count: number, start: number): void {
    const random = this.#random;
    const text = this.#bytes;
    let bits = 0;
    let at = start;
    for (let i = from; i < from + count; i++) {
      const byte = random[i] ?? 0;
      bits |= byte;
      text[at++] = HIGH[byte] ?? 0;
      text[at++] = LOW[byte] ?? 0;
    }
    // An id of zeros is invalid (§3.2.2.3).
    if (bits === 0) text[at - 1] = LOW[1] ?? 0;
  }
}
