import { whenEnded } from '../../core/body.ts';
import type { Stage } from '../../core/handler.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import { findingOf } from '../../core/outcome.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Limiter, Permit } from '../../core/ports/limiter.ts';
import type { Reply } from '../../core/reply.ts';
import { settle } from '../../core/settle.ts';

/** A reply that is still arriving this long after its head occupies no place among the calls any more, only among the streams. */
const LONG_LIVED_AFTER_MS = 1_000;

/** May one more call to this service start? The permit comes back on every path: failure, end of the body, a client that left. */
export function limit(limiter: Limiter, clock: Clock): Stage {
  return next => x => {
    const permit = limiter.acquire();
    const startedAt = clock.now();
    return settle(
      () => next(x),
      reply => hold(reply, permit, clock, startedAt),
      failure => {
        const at = clock.now();
        permit.settle({ finding: failure.finding, headMs: at - startedAt, at });
        permit.release();
        throw failure;
      },
    );
  };
}

function hold(reply: Reply, permit: Permit, clock: Clock, startedAt: number): Reply {
  const at = clock.now();
  permit.settle({ finding: findingOf(reply.status), headMs: at - startedAt, at });
  if (reply.body.kind === 'tunnel') return holdTunnel(reply, reply.body, permit);
  if (reply.body.kind !== 'stream') {
    permit.release();
    return reply;
  }
  if (isEventStream(reply.headers)) permit.stream();
  holdStream(reply, permit, clock);
  return reply;
}

function holdStream(reply: Reply, permit: Permit, clock: Clock): void {
  let ended = false;
  whenEnded(reply.body, () => {
    ended = true;
    permit.release();
  });
  if (ended) return;
  const timer = clock.after(LONG_LIVED_AFTER_MS, () => permit.stream());
  whenEnded(reply.body, () => timer.cancel());
}

function holdTunnel(reply: Reply, tunnel: Extract<Reply['body'], { kind: 'tunnel' }>, permit: Permit): Reply {
  permit.stream();
  tunnel.onEnd(() => permit.release());
  return reply;
}
