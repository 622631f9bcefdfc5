/**
 * How many bytes of answers that are not stored yet may wait in memory, in the whole gateway: while all of an answer is kept its backend waits
 * for nobody, so that a thousand long ones at a time would take a thousand times what one may.
 */
export class InFlightBodyBudget {
  readonly #most: number;
  #bytes = 0;

  /** @param most in bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether so many more may wait; then they are given back once. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#most) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
