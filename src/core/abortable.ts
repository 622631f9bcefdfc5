import { discard } from './body.ts';
import { asFailure } from './failure.ts';
import type { Handler } from './handler.ts';

/**
 * A handler that rejects as soon as its exchange is cancelled, because a team's own function may ignore the signal. A
 * late reply is released.
 */
export function abortable(handler: Handler): Handler {
  return x =>
    new Promise((resolve, reject) => {
      x.cancellation.onCancel(reject);
      const run = async () => handler(x);
      run().then(
        reply => {
          x.cancellation.offCancel(reject);
          const { reason } = x.cancellation;
          if (reason === undefined) resolve(reply);
          else discard(reply.body, reason);
        },
        (thrown: unknown) => {
          x.cancellation.offCancel(reject);
          reject(asFailure(thrown));
        },
      );
    });
}
