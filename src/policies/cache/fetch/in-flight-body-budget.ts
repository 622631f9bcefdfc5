/**
 * Limits the bytes of unfinished responses in the memory of the whole gateway. While a complete response is buffered
 * its backend need not wait, so a thousand long ones would take a thousand times the memory of one.
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

  /** @returns whether that many more bytes may be buffered; then they are returned once. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#max) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
