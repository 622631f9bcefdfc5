import type { Body } from './body.ts';
import type { Clock } from './ports/clock.ts';

/** The time at which an upload was complete; until then the client sets the pace. */
export class UploadEnd {
  /** Undefined during the upload. */
  at: number | undefined;

  /** @returns undefined for a request that is complete from the start. */
  static of(body: Body, clock: Clock): UploadEnd | undefined {
    if (body.kind !== 'stream') return undefined;
    const upload = new UploadEnd();
    body.onEnd(() => {
      upload.at = clock.now();
    });
    return upload;
  }
}
