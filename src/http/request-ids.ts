import { randomBytes } from 'node:crypto';

/** Unique request ids: the time and process of the start, and a counter. They are not secret. */
export class RequestIds {
  // A dash in front would make it a flag of a command line.
  readonly #origin = randomBytes(9).toString('base64url').replace(/^-/, '_');
  #count = 0;

  next(): string {
    this.#count++;
    return `${this.#origin}-${this.#count.toString(36)}`;
  }
}
