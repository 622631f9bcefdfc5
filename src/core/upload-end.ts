import type { Body } from './body.ts';
import type { Clock } from './ports/clock.ts';

/**
 * When a request that is still going up was whole: until then it is its client's pace, and says nothing of who answers.
 */
export class UploadEnd {
  /** Undefined until then. */
  at: number | undefined;

  /** @returns undefined where the request is whole from the start. */
  static of(body: Body, clock: Clock): UploadEnd | undefined {
    if (body.kind !== 'stream') return undefined;
    const upload = new UploadEnd();
    body.onEnd(() => {
      upload.at = clock.now();
    });
    return upload;
  }
}
