import { whenEnded } from '../../core/body.ts';
import { type CallOutcome, callOutcomeOf } from '../../core/call-outcome.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Stage } from '../../core/handler.ts';
import { mapResult } from '../../core/map-result.ts';
import { afterShared, type Clock, type Timer } from '../../core/ports/clock.ts';
import type { Limiter, Permit, Priority } from '../../core/ports/limiter.ts';
import type { Reply } from '../../core/reply.ts';
import { UploadEnd } from '../../core/upload-end.ts';

/** A reply that is still arriving this long after its headers counts as a stream instead of a call. */
const LONG_LIVED_AFTER_MS = 1_000;

/**
 * Admits calls to a service. The permit is returned on every path: a failure, the end of the body, a client that
 * disconnected.
 */
export function limit(limiter: Limiter, clock: Clock, priority: Priority): Stage {
  limiter.serves(priority);
  return next => {
    const run = (x: Exchange, permit: Permit): Reply | Promise<Reply> => {
      const startedAt = clock.now();
      const upload = x.body.kind === 'stream' ? new UploadEnd(x.body, clock) : undefined;
      return mapResult(
        next,
        x,
        reply => {
          settle(permit, callOutcomeOf(reply.status), upload?.at ?? startedAt, clock.now());
          return hold(reply, permit, clock);
        },
        failure => {
          settle(permit, failure.finding, upload?.at ?? startedAt, clock.now());
          permit.release();
          throw failure;
        },
      );
    };
    return x => {
      let permit: Permit | Promise<Permit>;
      try {
        permit = limiter.acquire(x, priority);
      } catch (refusal) {
        throw noted(refusal, x);
      }
      if (!(permit instanceof Promise)) return run(x, permit);
      x.journal?.note('limit', 'queued');
      return permit.then(
        granted => run(x, granted),
        (refusal: unknown) => {
          throw noted(refusal, x);
        },
      );
    };
  };
}

function settle(permit: Permit, finding: CallOutcome, begunAt: number, at: number): void {
  permit.settle({ finding, headersMs: at - begunAt, at });
}

function noted(refusal: unknown, x: Exchange): unknown {
  x.journal?.note('limit', 'refused');
  return refusal;
}

function hold(reply: Reply, permit: Permit, clock: Clock): Reply {
  const { body } = reply;
  if (body.kind === 'bytes' || body.kind === 'none') {
    permit.release();
    return reply;
  }
  const isLongLived = reply.longLived === true;
  if (isLongLived) permit.stream();
  let timer: Timer | undefined;
  let ended = false;
  whenEnded(body, () => {
    ended = true;
    timer?.cancel();
    permit.release();
  });
  if (!ended && !isLongLived) timer = afterShared(clock, LONG_LIVED_AFTER_MS, () => permit.stream());
  return reply;
}
