import type { Handler } from '../core/handler.ts';
import { mapResult } from '../core/map-result.ts';
import { withHeader } from '../core/reply.ts';
import { REPLAY_HEADER } from './replayed-reply.ts';

const MARK = 'yes';

/** Says in each response of a route that no backend was called. The response of a backend names its file already. */
export function markedReplay(handler: Handler): Handler {
  return x =>
    mapResult(
      handler,
      x,
      reply => (reply.headers.has('portico-replay') ? reply : withHeader(reply, REPLAY_HEADER, MARK)),
      failure => {
        throw failure.saying([REPLAY_HEADER, MARK]);
      },
    );
}
