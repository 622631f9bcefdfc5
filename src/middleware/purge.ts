import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Stage } from '../core/handler.ts';
import { mapResult } from '../core/map-result.ts';
import type { Purger } from '../core/ports/purger.ts';
import { isSafe } from '../core/safe-method.ts';

type Purges = readonly string[] | ((c: AnyContext) => readonly string[]);

/**
 * Purges what a write makes stale. At the head of a successful response to an unsafe method, before it goes out, its
 * tags and its own address (RFC 9111 §4.4) are purged: a client that has seen the response cannot get what was stored
 * before it.
 */
export function purge(purges: Purges, purger: Purger): Stage {
  return next => x => {
    if (isSafe(x.method)) return next(x);
    // Computed before the write is sent: a function that throws must not leave a write behind whose purge never
    // happened.
    const tags = typeof purges === 'function' ? purges(contextOf(x)) : purges;
    return mapResult(
      () => next(x),
      reply => {
        if (reply.status >= 200 && reply.status < 400) {
          purger.written(tags, x, reply);
          return reply.whenPurged?.() ?? reply;
        }
        return reply;
      },
      failure => {
        throw failure;
      },
    );
  };
}
