import type { Clock } from '../../core/ports/clock.ts';

/** The most names that are remembered. */
const MAX = 100_000;

/** Names that may be used once, in this process. */
export class UsedNames {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isFirst(name: string, ms: number): boolean {
    const now = this.#clock.now();
    if ((this.#until.get(name) ?? 0) > now) return false;
    if (this.#until.size >= MAX) this.#makeRoom(now);
    this.#until.set(name, now + ms);
    return true;
  }

  forget(name: string): void {
    this.#until.delete(name);
  }

  #makeRoom(now: number): void {
    for (const [name, until] of this.#until) if (until <= now) this.#until.delete(name);
    for (const name of this.#until.keys()) {
      if (this.#until.size < MAX) return;
      this.#until.delete(name);
    }
  }
}
