/**
 * How many requests are open, for a drain to wait for. A count, not a set: a set that requests enter and leave keeps
 * tables of dead ones alive from one collection to the next.
 */
export class OpenRequests {
  #count = 0;
  readonly #whenNone: (() => void)[] = [];

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  /** Resolves when none is open. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>(resolve => this.#whenNone.push(resolve));
  }
}
