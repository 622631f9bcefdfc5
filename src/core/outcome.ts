/**
 * What a call came to, for breaker, balancer and limiter alike.
 * `ignored` is what says nothing about the backend: a client that left, our own shedding. It moves no breaker, no health, no limit.
 */
export type Outcome = 'succeeded' | 'failed' | 'ignored';

/** A status that says the machine, not the answer, is sick: what a gateway in front of it would say. */
export function isGatewayClass(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

export function outcomeOfStatus(status: number): Outcome {
  return status >= 500 ? 'failed' : 'succeeded';
}
