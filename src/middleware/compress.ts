import type { BytesBody } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Stage } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { mapResult } from '../core/map-result.ts';
import type { Reply } from '../core/reply.ts';
import { isCompressible, isPersonal, wantsPlain } from './compressible.ts';
import { type ContentEncoding, negotiated } from './content-encoding.ts';
import { EncodedBody } from './encoded-body.ts';
import { asTheClientHasIt, encodedHeaders, ofEncoded, varyingByEncoding } from './encoded-headers.ts';

export interface CompressPolicy {
  /** Whether responses that may contain a secret of one user are compressed too. */
  readonly personal: boolean;
  /** Whether stored responses belong to one user. */
  readonly perUser: boolean;
  /** Shorter bodies are not compressed; in bytes. */
  readonly min: number;
}

/**
 * Negotiates the content encoding. A stored body is encoded once for all and then served without a promise; a stream is
 * encoded while it is sent.
 */
export function compress(policy: CompressPolicy): Stage {
  return next => x => mapResult(next, x, reply => responded(reply, x, policy));
}

/** A stored response is examined once per content encoding; a hit adds its own fields. */
function responded(reply: Reply, x: Exchange, policy: CompressPolicy): Reply | Promise<Reply> {
  const { headers, body } = reply;
  const { stem } = headers;
  if (stem === undefined || body.kind !== 'bytes' || body.copies === undefined) return encoded(reply, x, policy);
  const { sent } = body.copies;
  const liked = encodingFor(x)?.name ?? 'identity';
  const ofThisUse = headers.flat.slice(stem.flat.length);
  const known = sent.get(liked);
  if (known?.stem === stem) return { ...reply, headers: known.headers.concat(ofThisUse), body: known.body };
  const made = encoded({ ...reply, headers: stem }, x, policy);
  const used = (anew: Reply): Reply => ({ ...anew, headers: anew.headers.concat(ofThisUse) });
  // An encoding in progress may fail for a temporary reason, so only the next request, which finds the copy, remembers
  // it.
  if (made instanceof Promise) return made.then(used);
  sent.set(liked, { stem, headers: made.headers, body: made.body });
  return used(made);
}

function encoded(reply: Reply, x: Exchange, policy: CompressPolicy): Reply | Promise<Reply> {
  if (reply.status === 304) return notModified(reply, x);
  if (!isCompressible(reply, x, policy.min)) return reply;
  const plain = { ...reply, headers: varyingByEncoding(reply.headers) };
  const encoding = encodingFor(x);
  if (encoding === undefined || (!policy.personal && (policy.perUser || isPersonal(x, reply)))) return plain;
  const { body, headers } = plain;
  if (x.method === 'HEAD') return { ...plain, headers: encodedHeaders(headers, encoding.name, undefined) };
  if (body.kind === 'bytes') return encodedBytes(plain, body, encoding);
  if (body.kind !== 'stream') return plain;
  return {
    ...plain,
    headers: encodedHeaders(headers, encoding.name, undefined),
    body: new EncodedBody(body, encoding, ofEncoded),
  };
}

function encodingFor(x: Exchange): ContentEncoding | undefined {
  return wantsPlain(x) ? undefined : negotiated(x.headers.joined('accept-encoding'));
}

/** A 304 does not contain the media type, so Vary may be superfluous here but is never wrong. */
function notModified(reply: Reply, x: Exchange): Reply {
  const { headers } = reply;
  const { stem = headers } = headers;
  const own = asTheClientHasIt(stem, x.headers.joined('if-none-match'));
  // The fields of a stored response are examined once for all its 304s.
  const varying = own === stem ? varyingOnce(stem) : varyingByEncoding(own);
  return { ...reply, headers: stem === headers ? varying : varying.concat(headers.flat.slice(stem.flat.length)) };
}

const varied = new WeakMap<HeaderList, HeaderList>();

function varyingOnce(headers: HeaderList): HeaderList {
  let varying = varied.get(headers);
  if (varying === undefined) {
    varying = varyingByEncoding(headers);
    varied.set(headers, varying);
  }
  return varying;
}

function encodedBytes(plain: Reply, { bytes, copies }: BytesBody, encoding: ContentEncoding): Reply | Promise<Reply> {
  const made = copies === undefined ? encoding.once(bytes) : copies.of(encoding.name, encoding.once);
  if (!(made instanceof Promise)) return shorter(plain, bytes, made, encoding);
  return made.then(
    known => shorter(plain, bytes, known, encoding),
    // A body that cannot be encoded for lack of memory is served unchanged.
    () => plain,
  );
}

function shorter(plain: Reply, bytes: Buffer, made: Buffer, { name }: ContentEncoding): Reply {
  if (made.length >= bytes.length) return plain;
  return {
    ...plain,
    headers: encodedHeaders(plain.headers, name, made.length),
    body: { kind: 'bytes', bytes: made },
  };
}
