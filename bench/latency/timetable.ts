/**
 * The moments at which an open loop sends its requests, fixed before the first one: a slow server does not delay the
 * next request. Latency counts from these moments, so that a queue in front of the server counts (coordinated
 * omission).
 */
export class Timetable {
  readonly count: number;
  readonly #startMs: number;
  readonly #intervalMs: number;

  constructor(startMs: number, perSecond: number, seconds: number) {
    this.#startMs = startMs;
    this.#intervalMs = 1_000 / perSecond;
    this.count = Math.floor(perSecond * seconds);
  }

  due(i: number): number {
    return this.#startMs + i * this.#intervalMs;
  }
}
