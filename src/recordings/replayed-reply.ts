import { type Body, bytesBody, NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { isEventStream } from '../core/headers/media-type.ts';
import type { Clock } from '../core/ports/clock.ts';
import { PushBody } from '../core/push-body.ts';
import type { Reply } from '../core/reply.ts';
import { bytesOf } from './recorded-body.ts';
import { replayedFields } from './recorded-headers.ts';
import type { FoundResponse } from './recorded-responses.ts';
import { ReplayedStream } from './replayed-stream.ts';
import { acceptOf, ReplayedWebSocket } from './replayed-websocket.ts';

/** The name of the file, or `yes` for a response that the gateway made of several. */
export const REPLAY_HEADER = 'Portico-Replay';

/** RFC 9110 §6.4.1: these have no content. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

/** The reply that the backend would have sent. */
export function replayedReply(x: Exchange, { response, file }: FoundResponse, clock: Clock): Reply {
  const { status, events, ends, trailers = [] } = response;
  const fields = [...replayedFields(response.headers, clock.wall()), REPLAY_HEADER, file];
  const headers = new HeaderList(fields);
  if (status === 101) {
    const accept = acceptOf(x.headers.get('sec-websocket-key') ?? '');
    const body = new ReplayedWebSocket(clock, response);
    return { status, headers: headers.concat(['Sec-WebSocket-Accept', accept]), body, longLived: true };
  }
  if (events !== undefined) {
    const { body } = new ReplayedStream(clock, events, ends === true);
    return { status, headers, body, longLived: isEventStream(headers) };
  }
  if (x.method === 'HEAD' || WITHOUT_BODY.has(status)) return { status, headers, body: NO_BODY };
  const bytes = response.body === undefined ? Buffer.alloc(0) : bytesOf(response.body);
  if (trailers.length > 0) return { status, headers, body: bodyWithTrailers(bytes, replayedFields(trailers, 0)) };
  return { status, headers: headers.set('Content-Length', String(bytes.length)), body: bytesBody(bytes) };
}

function bodyWithTrailers(bytes: Buffer, trailers: readonly string[]): Body {
  const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
  body.push(bytes);
  body.finish(trailers);
  return body;
}
