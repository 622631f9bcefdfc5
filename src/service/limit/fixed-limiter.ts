import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Limiter, Permit } from '../../core/ports/limiter.ts';
import { type Pool, PooledPermit } from './pooled-permit.ts';

/** A fixed number of calls at once, and beside them a pool for streams. */
export class FixedLimiter implements Limiter, Pool {
  inFlight = 0;
  streams = 0;
  shed = 0;
  readonly limit: number;
  readonly #mostStreams: number;
  readonly #refusal: GatewayError;

  constructor(service: string, concurrency: number, mostStreams: number) {
    this.limit = concurrency;
    this.#mostStreams = mostStreams;
    this.#refusal = precomputed('limit.shed', `${service} has all the calls in flight that it may have`, {
      headers: ['Retry-After', '1'],
    });
  }

  acquire(): Permit {
    if (this.inFlight >= this.limit || this.streams >= this.#mostStreams) {
      this.shed++;
      throw this.#refusal;
    }
    return new PooledPermit(this);
  }

  // A fixed limit learns nothing from its calls.
  learn(): void {}
}
