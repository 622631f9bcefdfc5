import { createHash } from 'node:crypto';
import type { Reply } from '../../../core/reply.ts';

/**
 * Adds an entity tag of its bytes (RFC 9110 §8.8.3) to a response of a team's own function, so that a client that has
 * it gets a 304. A response with its own validator is unchanged.
 */
export function withEntityTag(reply: Reply): Reply {
  const { status, headers, body } = reply;
  if (status !== 200 || body.kind !== 'bytes' || headers.has('etag') || headers.has('last-modified')) return reply;
  const digest = createHash('sha256').update(body.bytes).digest('base64url').slice(0, 22);
  return { ...reply, headers: headers.add('ETag', `"${digest}"`) };
}
