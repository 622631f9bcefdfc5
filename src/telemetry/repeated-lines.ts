import type { Clock } from '../core/ports/clock.ts';

const PAUSE_MS = 1_000;
/** How many kinds are distinguished; beyond, all are dropped, and each is logged once more. */
const MAX_KINDS = 1_000;

interface SeenLine {
  at: number;
  suppressed: number;
}

/**
 * Lets one of many equal lines through per second: in a storm ten thousand lines help no one, and writing them is part
 * of the storm.
 */
export class RepeatedLines {
  readonly #clock: Clock;
  readonly #lines = new Map<string, SeenLine>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns how many were left out since one was let through; undefined where this one is left out, too. */
  pass(kind: string): number | undefined {
    const now = this.#clock.now();
    const line = this.#lines.get(kind);
    if (line !== undefined && now - line.at < PAUSE_MS) {
      line.suppressed++;
      return undefined;
    }
    if (this.#lines.size >= MAX_KINDS) this.#lines.clear();
    this.#lines.set(kind, { at: now, suppressed: 0 });
    return line?.suppressed ?? 0;
  }
}
