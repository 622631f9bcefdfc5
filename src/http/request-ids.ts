import { randomBytes } from 'node:crypto';

const RADIX = 36;

/** The last two digits of a count, since the digits of every number would cost a call of their own. */
const LAST_DIGITS = Array.from({ length: RADIX ** 2 }, (_, i) => i.toString(RADIX).padStart(2, '0'));

/** Unique request ids: the time and process of the start, and a counter. They are not secret. */
export class RequestIds {
  // A dash in front would make it a flag of a command line.
  readonly #origin = randomBytes(9).toString('base64url').replace(/^-/, '_');
  #rounds = 0;
  #front = `${this.#origin}-`;
  #count = 0;

  next(): string {
    if (this.#count === LAST_DIGITS.length) {
      this.#count = 0;
      this.#rounds++;
      this.#front = `${this.#origin}-${this.#rounds.toString(RADIX)}`;
    }
    return this.#front + LAST_DIGITS[this.#count++];
  }
}
