import { randomBytes } from 'node:crypto';

/** Names for requests that nobody else has: where and when the process began, and a count. No secret hangs on them. */
export class RequestIds {
  readonly #origin = randomBytes(9).toString('base64url');
  #count = 0;

  next(): string {
    this.#count++;
    return `${this.#origin}-${this.#count.toString(36)}`;
  }
}
