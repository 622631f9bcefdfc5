import type { Body } from '../../core/body.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { UploadEnd } from '../../core/upload-end.ts';
import type { CallWindow, CountedCall } from './call-window.ts';

/** A call that a circuit admitted. */
export class Admission {
  /** The window of the call: calls from before a circuit opened do not count after it has closed. */
  readonly window: CallWindow;
  /** Where it was counted as a success before the end of its body. */
  counted: CountedCall | undefined;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #upload: UploadEnd | undefined;
  #headersMs: number | undefined;

  constructor(window: CallWindow, clock: Clock, upload: Body) {
    this.window = window;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#upload = upload.kind === 'stream' ? new UploadEnd(upload, clock) : undefined;
  }

  /**
   * The response headers have arrived or never will; returns the time until then, independent of the body. 0 if the
   * request was not complete before.
   */
  arrived(): number {
    this.#headersMs ??= this.#elapsed();
    return this.#headersMs;
  }

  #elapsed(): number {
    const now = this.#clock.now();
    return now - (this.#upload === undefined ? this.#startedAt : (this.#upload.at ?? now));
  }
}
