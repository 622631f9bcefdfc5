import type { Body } from '../../core/body.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { CallWindow } from './call-window.ts';

/** One call that a circuit has let through. */
export class Admission {
  /** Where it counts: what began before a circuit opened says nothing once it has closed. */
  readonly window: CallWindow;
  readonly #clock: Clock;
  #askedAt: number | undefined;

  constructor(window: CallWindow, clock: Clock, upload: Body) {
    this.window = window;
    this.#clock = clock;
    this.#askedAt = clock.now();
    if (upload.kind === 'stream') this.waitFor(upload);
  }

  /** How long the answer's head has taken so far; 0 while the question is still going up, which is its client's pace. */
  get headMs(): number {
    return this.#askedAt === undefined ? 0 : this.#clock.now() - this.#askedAt;
  }

  private waitFor(upload: Extract<Body, { kind: 'stream' }>): void {
    this.#askedAt = undefined;
    upload.onEnd(() => {
      this.#askedAt = this.#clock.now();
    });
  }
}
