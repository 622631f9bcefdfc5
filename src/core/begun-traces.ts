import { randomFillSync } from 'node:crypto';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const RANDOM_BYTES = TRACE_BYTES + SPAN_BYTES;

/** Version, trace id, span id and flags (W3C Trace Context §3.2). */
const PATTERN = `00-${'0'.repeat(2 * TRACE_BYTES)}-${'0'.repeat(2 * SPAN_BYTES)}-02`;
const TRACE_AT = '00-'.length;
const SPAN_AT = TRACE_AT + 2 * TRACE_BYTES + '-'.length;
export const PARENT_LENGTH = PATTERN.length;

const DIGITS = Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')));
const HIGH = Uint8Array.from(DIGITS, digits => digits[0] ?? 0);
const LOW = Uint8Array.from(DIGITS, digits => digits[1] ?? 0);

/**
 * Writes the `traceparent`s of many requests into one text. A request takes a slice of it, one object, where a text
 * made of its pieces is nine; and the ids of the last requests outlive their young generation.
 */
export class BegunTraces {
  readonly #count: number;
  readonly #random: Buffer;
  readonly #text: Buffer;

  constructor(count: number) {
    this.#count = count;
    this.#random = Buffer.alloc(count * RANDOM_BYTES);
    this.#text = Buffer.alloc(count * PARENT_LENGTH, PATTERN);
  }

  /** `00-<trace id>-<span id>-02`, once for each. */
  write(): string {
    randomFillSync(this.#random);
    for (let i = 0; i < this.#count; i++) {
      const from = i * RANDOM_BYTES;
      const at = i * PARENT_LENGTH;
      this.#digits(from, TRACE_BYTES, at + TRACE_AT);
      this.#digits(from + TRACE_BYTES, SPAN_BYTES, at + SPAN_AT);
    }
    return this.#text.toString('latin1');
  }

  #digits(from: number, count: number, start: number): void {
    const random = this.#random;
    const text = this.#text;
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
