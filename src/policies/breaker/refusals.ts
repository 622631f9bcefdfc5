import { type GatewayError, precomputed } from '../../core/failure.ts';

/** The errors for rejected calls. Created once for each remaining second, never for each call. */
export class Refusals {
  readonly #refusal: GatewayError;
  #current: GatewayError;
  #seconds = 0;
  /** Without Retry-After, since the time is unknown. */
  readonly held: GatewayError;

  constructor(who: string) {
    this.#refusal = precomputed('breaker.open', `${who} fails, and gets no calls for a while`);
    this.#current = this.#refusal;
    this.held = precomputed('breaker.open', `${who} gets no calls for the time being`);
  }

  withTimeLeft(ms: number): GatewayError {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    if (seconds !== this.#seconds) {
      this.#seconds = seconds;
      this.#current = this.#refusal.saying(['Retry-After', String(seconds)]);
    }
    return this.#current;
  }
}
