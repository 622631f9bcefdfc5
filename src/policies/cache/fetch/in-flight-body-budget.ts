/**
 * How many bytes of responses that are not stored yet may wait in memory, in the whole gateway: while the whole
 * response is kept its backend need not wait, so that a thousand long ones at a time would take a thousand times the
 * memory of one.
 */
export class InFlightBodyBudget {
  readonly #max: number;
  #bytes = 0;

  /** @param max in bytes. */
  constructor(max: number) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether so many more may wait; then they are given back once. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#max) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
