import { bytesBody } from '../core/body.ts';
import { precomputed } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { MOCK_FIELD } from '../core/ports/backend-mock.ts';
import type { CallPlace } from '../core/ports/call-decorator.ts';
import { withHeader } from '../core/reply.ts';
import { bytesOfBody, type ReplayParts } from './replay-call.ts';
import { replayedReply } from './replayed-reply.ts';

const TOO_LONG = precomputed('request.body_too_large', 'A mock reads no body of that length');

/** Responds with a recording if there is one. @param mocked responds to all other calls. */
export function recordedOrMocked(
  mocked: Handler,
  { service }: CallPlace,
  { responses, identity, clock }: Omit<ReplayParts, 'note'>,
): Handler {
  return async x => {
    const bytes = await bytesOfBody(x, TOO_LONG);
    const found = responses.find(identity.of(x, service, bytes), x.headers);
    if (found !== undefined) return withHeader(replayedReply(x, found, clock), MOCK_FIELD, 'recorded');
    return mocked(x.body.kind === 'none' ? x : x.with({ body: bytesBody(bytes) }));
  };
}
