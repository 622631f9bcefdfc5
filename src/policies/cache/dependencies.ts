import type { Stage } from '../../core/handler.ts';
import { mapResult } from '../../core/map-result.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { NO_LABELS } from '../../core/purge.ts';
import type { Dependencies, Reply } from '../../core/reply.ts';
import { cacheControlOf } from './http/cache-control.ts';
import { explicitLifetimeMs } from './http/freshness.ts';
import { groupsIn } from './http/invalidation.ts';

/** Adds the lifetime of their dependencies to responses that are not stored. */
export function dependencies(clock: Clock): Stage {
  return next => x =>
    mapResult(next, x, reply =>
      reply.dependencies === undefined ? { ...reply, dependencies: dependenciesOf(reply, clock) } : reply,
    );
}

function dependenciesOf({ headers }: Reply, clock: Clock): Dependencies {
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
