import { collect, discard } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import type { CallPlace } from '../core/ports/call-decorator.ts';
import type { Clock } from '../core/ports/clock.ts';
import { MAX_RECORDED } from './record-call.ts';
import { type RecordedRequest, type RequestIdentity, requestText } from './recorded-request.ts';
import type { RecordedResponses } from './recorded-responses.ts';
import { replayedReply } from './replayed-reply.ts';

export interface ReplayParts {
  readonly clock: Clock;
  readonly responses: RecordedResponses;
  readonly identity: RequestIdentity;
  /** Receives a line for a developer. */
  note(line: string): void;
}

/** Responds with recordings in place of the backends of a service. */
export function replayCall({ service }: CallPlace, parts: ReplayParts): Handler {
  const { responses, identity, clock } = parts;
  return async x => {
    // Server-Timing is the same as after a call.
    x.journal?.attempt(service, x.method).end();
    const body = await bytesOfBody(x, UNKNOWN_BODY).catch(error => {
      if (error === UNKNOWN_BODY) parts.note(UNKNOWN_BODY.message);
      throw error;
    });
    const request = identity.of(x, service, body);
    const found = responses.find(request, x.headers);
    if (found === undefined) throw notRecorded(request, parts);
    return replayedReply(x, found, clock);
  };
}

/** The body of a request, as far as it can be recorded. @throws tooLong for a longer one. */
export async function bytesOfBody({ body }: Exchange, tooLong: GatewayError): Promise<Buffer> {
  if (body.kind === 'none') return EMPTY;
  return collect(body, MAX_RECORDED, () => {
    discard(body, tooLong);
    return tooLong;
  });
}

const EMPTY = Buffer.alloc(0);

const UNKNOWN_BODY = precomputed('replay.not_recorded', 'A request with a body of that length is never recorded');

function notRecorded(request: RecordedRequest, { responses, note }: ReplayParts): GatewayError {
  const near = responses.nearest(request);
  const known = near.length === 0 ? `nothing of ${request.service} is recorded` : `recorded: ${near.join('; ')}`;
  const message = `No recording of ${requestText(request)}; ${known}; \`portico record\` records it`;
  note(message);
  return new GatewayError('replay.not_recorded', message);
}
