import type { StreamBody } from './body.ts';
import type { Clock } from './ports/clock.ts';

/**
 * When a request that is still going up was whole: until then its client sets the pace, and the time says nothing of
 * the backend.
 */
export class UploadEnd {
  /** Undefined until then. */
  at: number | undefined;

  constructor(body: StreamBody, clock: Clock) {
    body.onEnd(() => {
      this.at = clock.now();
    });
  }
}
