import { createHash } from 'node:crypto';
import type { Reply } from '../../../core/reply.ts';

/**
 * A response of a team's own functions with an entity tag of its bytes (RFC 9110 §8.8.3), so that a client that has it is told so. One that
 * says itself what it can be recognised by stays as it is.
 */
export function withEntityTag(reply: Reply): Reply {
  const { status, headers, body } = reply;
  if (status !== 200 || body.kind !== 'bytes' || headers.has('etag') || headers.has('last-modified')) return reply;
  const digest = createHash('sha256').update(body.bytes).digest('base64url').slice(0, 22);
  return { ...reply, headers: headers.add('ETag', `"${digest}"`) };
}
