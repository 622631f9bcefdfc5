import type { Clock, Timer } from '../../core/ports/clock.ts';

/** Detects a backend that stalls in the middle of its response; a slow reader does not count. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #stalled: () => void;
  #timer: Timer | undefined;
  #progressed = false;

  constructor(clock: Clock, idleMs: number, stalled: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#stalled = stalled;
  }

  /** @param paused whether the body waits for its reader. */
  start(paused: () => boolean): void {
    this.#timer = this.#clock.after(this.#idleMs, () => {
      if (!this.#progressed && !paused()) {
        this.#stalled();
        return;
      }
      this.#progressed = false;
      this.start(paused);
    });
  }

  progressed(): void {
    this.#progressed = true;
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
