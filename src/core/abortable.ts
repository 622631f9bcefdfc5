import { discard } from './body.ts';
import { asFailure } from './failure.ts';
import type { Handler } from './handler.ts';

/**
 * A handler that rejects as soon as its exchange is cancelled, because a team's own function may ignore the signal. A
 * late reply is released.
 */
export function abortable(handler: Handler): Handler {
  return x => {
    const reply = handler(x);
    if (!(reply instanceof Promise)) return reply;
    return new Promise((resolve, reject) => {
      x.cancellation.onCancel(reject);
      reply.then(
        known => {
          x.cancellation.offCancel(reject);
          const { reason } = x.cancellation;
          if (reason === undefined) resolve(known);
          else discard(known.body, reason);
        },
        (thrown: unknown) => {
          x.cancellation.offCancel(reject);
          reject(asFailure(thrown));
        },
      );
    });
  };
}
