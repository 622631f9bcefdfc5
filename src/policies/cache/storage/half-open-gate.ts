/** Stops calls for a while after several failures in a row; then one call probes. */
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
   * Whether a call may run now. After the pause the first caller gets true and is the probe, and the others wait for
   * its result.
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
