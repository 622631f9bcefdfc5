import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Limiter, Permit, Sample } from '../../core/ports/limiter.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { type Pool, PooledPermit } from './pooled-permit.ts';

/** One of them, by chance: clients that were refused together must not come back together. */
const RETRY_AFTER_SECONDS = [1, 2, 3, 4] as const;

/** As many calls at once as the service bears by what its answers show, and beside them a pool for streams. */
export class AdaptiveLimiter implements Limiter, Pool {
  inFlight = 0;
  streams = 0;
  shed = 0;
  readonly #adaptive: AdaptiveLimit;
  readonly #mostStreams: number;
  readonly #chance: () => number;
  readonly #refusals: readonly GatewayError[];

  /** @param chance from 0 up to 1. */
  constructor(service: string, mostStreams: number, chance: () => number = Math.random) {
    this.#adaptive = new AdaptiveLimit(chance);
    this.#mostStreams = mostStreams;
    this.#chance = chance;
    const message = `${service} has all the calls in flight that it bears`;
    this.#refusals = RETRY_AFTER_SECONDS.map(seconds =>
      precomputed('limit.shed', message, { headers: ['Retry-After', `${seconds}`] }),
    );
  }

  get limit(): number {
    return this.#adaptive.now;
  }

  acquire(): Permit {
    if (this.inFlight >= this.#adaptive.now) {
      this.#adaptive.refused();
      throw this.#refusal();
    }
    if (this.streams >= this.#mostStreams) throw this.#refusal();
    const permit = new PooledPermit(this);
    this.#adaptive.acquired(this.inFlight);
    return permit;
  }

  learn(sample: Sample): void {
    this.#adaptive.settled(sample);
  }

  #refusal(): GatewayError | undefined {
    this.shed++;
    return this.#refusals[Math.floor(this.#chance() * this.#refusals.length)];
  }
}
