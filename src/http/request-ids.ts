import { randomBytes } from 'node:crypto';

/** Unique request ids: time and place of the start of the process, and a count. They are not secret. */
export class RequestIds {
  readonly #origin = randomBytes(9).toString('base64url');
  #count = 0;

  next(): string {
    this.#count++;
    return `${this.#origin}-${this.#count.toString(36)}`;
  }
}
