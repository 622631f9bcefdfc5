import { type Body, bytesBody, discard, NO_BODY } from '../../../core/body.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { precomputed } from '../../../core/failure.ts';
import { type ByteRange, ifRangeMatches, requestedRange } from '../../../core/headers/byte-range.ts';
import { isNotModified, notModifiedHeaders } from '../../../core/headers/conditional.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import type { Reply } from '../../../core/reply.ts';
import type { StoredReply } from '../storage/entry.ts';

/**
 * The response to a client from a complete representation: 304, a range, the headers or all of it. The client's
 * conditions and range are evaluated here, whichever request fetched the representation (RFC 9111 §4.3.2, RFC 9110
 * §13.2.2).
 */
export function represented(x: Exchange, reply: Reply): Reply {
  const { status, headers, body } = reply;
  if (status === 200) {
    if (isNotModified(x.headers, headers)) return notModified(reply);
    const range =
      x.method === 'GET' && body.kind === 'bytes' ? rangeOf(x.headers, headers, body.bytes.length) : undefined;
    if (range === 'unsatisfiable') return unsatisfiable(reply, lengthOf(body));
    if (range !== undefined && body.kind === 'bytes') return sliced(reply, body.bytes, range, body.bytes.length, 0);
  }
  return x.method === 'HEAD' ? withoutBody(reply) : reply;
}

function notModified({ headers, body, dependencies }: Reply): Reply {
  discard(body, NOT_WANTED);
  const reply = { status: 304, headers: notModifiedHeaders(headers), body: NO_BODY };
  return dependencies === undefined ? reply : { ...reply, dependencies };
}

// The body has no reader, so its backend's connection would wait for ever.
function withoutBody(reply: Reply): Reply {
  discard(reply.body, NOT_WANTED);
  return { ...reply, body: NO_BODY };
}

/** A range of a partly stored response; undefined if it does not contain the requested range. */
export function representedPart(x: Exchange, { part, body, headers }: StoredReply): Reply | undefined {
  if (part?.total === undefined) return undefined;
  if (isNotModified(x.headers, headers)) return { status: 304, headers: notModifiedHeaders(headers), body: NO_BODY };
  const range = rangeOf(x.headers, headers, part.total);
  if (range === undefined || range === 'unsatisfiable') return undefined;
  const isHeld = range.from >= part.from && range.to < part.from + body.bytes.length;
  return isHeld ? sliced({ status: 206, headers, body }, body.bytes, range, part.total, part.from) : undefined;
}

function rangeOf(request: HeaderList, stored: HeaderList, length: number): ByteRange | 'unsatisfiable' | undefined {
  const range = request.get('range');
  if (range === undefined || !ifRangeMatches(request, stored)) return undefined;
  return requestedRange(range, length);
}

function sliced(reply: Reply, bytes: Buffer, { from, to }: ByteRange, total: number, offset: number): Reply {
  const headers = reply.headers
    .without(OF_A_PIECE)
    .concat(['Content-Range', `bytes ${from}-${to}/${total}`, 'Content-Length', String(to - from + 1)]);
  return { ...reply, status: 206, headers, body: bytesBody(bytes.subarray(from - offset, to - offset + 1)) };
}

// RFC 9110 §15.5.17: the complete length for an unsatisfiable range.
function unsatisfiable(reply: Reply, total: number): Reply {
  const headers = reply.headers
    .without(OF_CONTENT)
    .concat(['Content-Range', `bytes */${total}`, 'Content-Length', '0']);
  return { ...reply, status: 416, headers, body: NO_BODY };
}

function lengthOf(body: Body): number {
  return body.kind === 'bytes' ? body.bytes.length : 0;
}

const NOT_WANTED = precomputed('client.gone', 'The client has the response already');

const OF_A_PIECE: ReadonlySet<string> = new Set(['content-range', 'content-length']);
const OF_CONTENT: ReadonlySet<string> = new Set([
  ...OF_A_PIECE,
  'content-type',
  'content-encoding',
  'content-language',
]);
