import type { BytesBody } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Stage } from '../core/handler.ts';
import type { Reply } from '../core/reply.ts';
import { settle } from '../core/settle.ts';
import { CodedBody } from './coded-body.ts';
import { asTheClientHasIt, codedHeaders, ofCoded, varyingByCoding } from './coded-headers.ts';
import { type Coding, negotiated } from './coding.ts';
import { isCompressible, isPersonal, wantsPlain } from './compressible.ts';

export interface CompressPolicy {
  /** Whether answers that may hold a secret of one user are compressed, too. */
  readonly personal: boolean;
  /** Whether what is stored is one user's. */
  readonly perUser: boolean;
  /** Shorter bodies are sent as they are; in bytes. */
  readonly least: number;
}

/** In which coding? A stored body is encoded once for everybody and then answered without a promise; a stream is encoded on its way. */
export function compress(policy: CompressPolicy): Stage {
  return next => x =>
    settle(
      () => next(x),
      reply => answered(reply, x, policy),
      failure => {
        throw failure;
      },
    );
}

/** What is stored is looked at once per coding; a hit adds the fields of its own use. */
function answered(reply: Reply, x: Exchange, policy: CompressPolicy): Reply | Promise<Reply> {
  const { headers, body } = reply;
  const { stem } = headers;
  if (stem === undefined || body.kind !== 'bytes' || body.copies === undefined) return coded(reply, x, policy);
  const { sent } = body.copies;
  const liked = codingFor(x)?.name ?? 'identity';
  const ofThisUse = headers.flat.slice(stem.flat.length);
  const known = sent.get(liked);
  if (known?.stem === stem) return { ...reply, headers: known.headers.concat(ofThisUse), body: known.body };
  const made = coded({ ...reply, headers: stem }, x, policy);
  const used = (anew: Reply): Reply => ({ ...anew, headers: anew.headers.concat(ofThisUse) });
  // What is waited for may fail for a reason of the moment: it is remembered by the next one, who finds the copy there.
  if (made instanceof Promise) return made.then(used);
  sent.set(liked, { stem, headers: made.headers, body: made.body });
  return used(made);
}

function coded(reply: Reply, x: Exchange, policy: CompressPolicy): Reply | Promise<Reply> {
  if (reply.status === 304) return notModified(reply, x);
  if (!isCompressible(reply, x, policy.least)) return reply;
  const plain = { ...reply, headers: varyingByCoding(reply.headers) };
  const coding = codingFor(x);
  if (coding === undefined || (!policy.personal && (policy.perUser || isPersonal(x, reply)))) return plain;
  const { body, headers } = plain;
  if (x.method === 'HEAD') return { ...plain, headers: codedHeaders(headers, coding.name, undefined) };
  if (body.kind === 'bytes') return codedBytes(plain, body, coding);
  if (body.kind !== 'stream') return plain;
  return {
    ...plain,
    headers: codedHeaders(headers, coding.name, undefined),
    body: new CodedBody(body, coding, ofCoded),
  };
}

function codingFor(x: Exchange): Coding | undefined {
  return wantsPlain(x) ? undefined : negotiated(x.headers.joined('accept-encoding'));
}

// What type the answer has is no longer known: the header may be superfluous, and never wrong.
function notModified(reply: Reply, x: Exchange): Reply {
  const headers = asTheClientHasIt(reply.headers, x.headers.joined('if-none-match'));
  return { ...reply, headers: varyingByCoding(headers) };
}

function codedBytes(plain: Reply, { bytes, copies }: BytesBody, coding: Coding): Reply | Promise<Reply> {
  const made = copies === undefined ? coding.once(bytes) : copies.of(coding.name, coding.once);
  if (!(made instanceof Promise)) return shorter(plain, bytes, made, coding);
  return made.then(
    known => shorter(plain, bytes, known, coding),
    // What cannot be encoded, for want of memory, can still be read as it is.
    () => plain,
  );
}

function shorter(plain: Reply, bytes: Buffer, made: Buffer, { name }: Coding): Reply {
  if (made.length >= bytes.length) return plain;
  return {
    ...plain,
    headers: codedHeaders(plain.headers, name, made.length),
    body: { kind: 'bytes', bytes: made },
  };
}
