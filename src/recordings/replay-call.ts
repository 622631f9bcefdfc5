import { type Body, collect, discard } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
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
    // Stages above read it from the journal, as after a call: one attempt.
    x.journal?.note('sent', '1');
    const request = identity.of(x, service, await bodyOf(x));
    const found = responses.find(request, x.headers);
    if (found === undefined) throw notRecorded(request, parts);
    return replayedReply(x, found, clock);
  };
}

async function bodyOf({ body }: Exchange): Promise<Buffer> {
  if (body.kind === 'none') return EMPTY;
  return collect(body, MAX_RECORDED, () => unknownBody(body));
}

const EMPTY = Buffer.alloc(0);

function unknownBody(body: Body): GatewayError {
  const failure = new GatewayError('replay.not_recorded', 'A request with a body of that length is never recorded');
  discard(body, failure);
  return failure;
}

function notRecorded(request: RecordedRequest, { responses, note }: ReplayParts): GatewayError {
  const near = responses.nearest(request);
  const known = near.length === 0 ? `nothing of ${request.service} is` : `recorded are ${near.join('; ')}`;
  const message = `No recording of ${requestText(request)}; ${known}; \`portico record\` records it`;
  note(message);
  return new GatewayError('replay.not_recorded', message);
}
