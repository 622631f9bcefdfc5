import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Stage } from '../core/handler.ts';
import { mapResult } from '../core/map-result.ts';
import type { Purger } from '../core/ports/purger.ts';
import { isSafe } from '../core/safe-method.ts';

type Purges = readonly string[] | ((c: AnyContext) => readonly string[]);

/**
 * Purges after a write. At the response headers of a successful unsafe method, before they are sent, its tags and its
 * own address (RFC 9111 §4.4) are purged, so a client that has the response cannot get an older stored one.
 */
export function purge(purges: Purges, purger: Purger): Stage {
  return next => x => {
    if (isSafe(x.method)) return next(x);
    // Computed before the write is sent, so that a function that throws leaves no write without its purge.
    const tags = typeof purges === 'function' ? purges(contextOf(x)) : purges;
    return mapResult(
      next,
      x,
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
