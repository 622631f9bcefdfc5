/** How long sessions last. */
export class SessionTimes {
  readonly idleMs: number;
  readonly maxMs: number;
  readonly #stepMs: number;

  constructor(idleMs: number, maxMs: number) {
    this.idleMs = Math.min(idleMs, maxMs);
    this.maxMs = maxMs;
    this.#stepMs = this.idleMs / 10;
  }

  /** A clock that was set back makes no session end. */
  isOver(startedAt: number, seenAt: number, now: number): boolean {
    return now - seenAt >= this.idleMs || now - startedAt >= this.maxMs;
  }

  /** Whether the time of the last use has to be written again: not with every request. */
  isSeenAnew(seenAt: number, now: number): boolean {
    return Math.abs(now - seenAt) >= this.#stepMs;
  }

  /** The rest of its life in the browser. */
  secondsLeft(startedAt: number, now: number): number {
    return Math.max(1, Math.ceil((startedAt + this.maxMs - now) / 1_000));
  }
}
