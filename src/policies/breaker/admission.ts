import type { Body } from '../../core/body.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { UploadEnd } from '../../core/upload-end.ts';
import type { CallWindow, CountedCall } from './call-window.ts';

/** One call that a circuit has let through. */
export class Admission {
  /** Where it counts: what began before a circuit opened says nothing once it has closed. */
  readonly window: CallWindow;
  /** Where it was counted as a success whose body still comes. */
  counted: CountedCall | undefined;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #upload: UploadEnd | undefined;
  #headMs: number | undefined;

  constructor(window: CallWindow, clock: Clock, upload: Body) {
    this.window = window;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#upload = upload.kind === 'stream' ? new UploadEnd(upload, clock) : undefined;
  }

  /**
   * The head is there, or will never be: how long it took stays, however long its body takes. 0 where the request was
   * not whole before.
   */
  arrived(): number {
    this.#headMs ??= this.#elapsed();
    return this.#headMs;
  }

  #elapsed(): number {
    const now = this.#clock.now();
    return now - (this.#upload === undefined ? this.#startedAt : (this.#upload.at ?? now));
  }
}
