import type { StreamBody } from './body.ts';
import type { Clock } from './ports/clock.ts';

/** The time at which an upload was complete; until then the client sets the pace. */
export class UploadEnd {
  /** Undefined during the upload. */
  at: number | undefined;

  constructor(body: StreamBody, clock: Clock) {
    body.onEnd(() => {
      this.at = clock.now();
    });
  }
}
