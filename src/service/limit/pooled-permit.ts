import type { Permit, Sample } from '../../core/ports/limiter.ts';

/** The pool that counts a permit and receives the result of its call. */
export interface Pool {
  inFlight: number;
  streams: number;
  learn(sample: Sample): void;
  /** A call is no longer in flight. */
  freed(): void;
}

/** One call in flight, or one stream after `stream()`. */
export class PooledPermit implements Permit {
  readonly #pool: Pool;
  #counted: 'inFlight' | 'streams' | undefined = 'inFlight';

  constructor(pool: Pool) {
    this.#pool = pool;
    pool.inFlight++;
  }

  settle(sample: Sample): void {
    this.#pool.learn(sample);
  }

  stream(): void {
    if (this.#counted !== 'inFlight') return;
    this.#pool.inFlight--;
    this.#pool.streams++;
    this.#counted = 'streams';
    this.#pool.freed();
  }

  release(): void {
    const counted = this.#counted;
    if (counted === undefined) return;
    this.#counted = undefined;
    this.#pool[counted]--;
    if (counted === 'inFlight') this.#pool.freed();
  }
}
