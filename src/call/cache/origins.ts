import type { Stage } from '../../core/handler.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { NO_LABELS } from '../../core/purge.ts';
import type { Origins, Reply } from '../../core/reply.ts';
import { settle } from '../../core/settle.ts';
import { cacheControlOf } from './cache-control.ts';
import { explicitLifetimeMs } from './freshness.ts';
import { groupsIn } from './invalidate.ts';

/** Tells of answers that are stored nowhere how long what is made of them may be kept. */
export function origins(clock: Clock): Stage {
  return next => x =>
    settle(
      () => next(x),
      reply => (reply.origins === undefined ? { ...reply, origins: originsOf(reply, clock) } : reply),
      failure => {
        throw failure;
      },
    );
}

function originsOf({ headers }: Reply, clock: Clock): Origins {
  const control = cacheControlOf(headers);
  const now = clock.now();
  const lifetimeMs = explicitLifetimeMs(headers, control, { now, wall: clock.wall() });
  const isOnes =
    control.noStore || control.isPrivate !== false || control.noCache === true || headers.has('set-cookie');
  return {
    storable: !isOnes,
    freshUntil: lifetimeMs === undefined ? undefined : now + lifetimeMs,
    labels: { ...NO_LABELS, tags: groupsIn(headers, 'cache-groups') },
  };
}
