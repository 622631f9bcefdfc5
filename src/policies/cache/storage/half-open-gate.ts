/** How often in a row something may fail before it is left alone for a while; then one call tries. */
export class HalfOpenGate {
  readonly #max: number;
  readonly #restMs: number;
  #failures = 0;
  #restsUntil = 0;

  constructor(max: number, restMs: number) {
    this.#max = max;
    this.#restMs = restMs;
  }

  /**
   * Whether a call may run now. After the rest the first caller gets true and is the probe: the others rest until it is
   * decided.
   */
  mayAsk(now: number): boolean {
    if (this.#failures < this.#max) return true;
    if (now < this.#restsUntil) return false;
    this.#restsUntil = now + this.#restMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(now: number): void {
    this.#failures++;
    if (this.#failures >= this.#max) this.#restsUntil = now + this.#restMs;
  }
}
