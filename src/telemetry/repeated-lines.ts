import type { Clock } from '../core/ports/clock.ts';

const PAUSE_MS = 1_000;
/** Maximum of distinct kinds; above it all are forgotten, and each is logged once more. */
const MAX_KINDS = 1_000;

interface SeenLine {
  at: number;
  suppressed: number;
}

/** Passes one of many equal lines per second: in an overload ten thousand lines help nobody and add load. */
export class RepeatedLines {
  readonly #clock: Clock;
  readonly #lines = new Map<string, SeenLine>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the number of lines suppressed since the last one passed; undefined if this one is suppressed too. */
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
