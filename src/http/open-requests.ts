/**
 * The number of open requests, for a drain. A counter, because a set with many insertions and deletions keeps tables of
 * dead requests alive between collections.
 */
export class OpenRequests {
  #count = 0;
  readonly #whenNone: (() => void)[] = [];

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    // Mostly nobody waits, and a splice creates an array all the same.
    if (this.#count > 0 || this.#whenNone.length === 0) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  /** Resolves when no request is open. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>(resolve => this.#whenNone.push(resolve));
  }
}
