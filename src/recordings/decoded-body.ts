import { decodersOf } from '../core/content-decoders.ts';
import type { HeaderList } from '../core/headers/header-list.ts';

export interface DecodedBody {
  readonly bytes: Buffer;
  readonly headers: HeaderList;
}

/**
 * A body without its content encoding, and its fields; undefined if it cannot be decoded.
 * @param limit of the decoded body, in bytes.
 */
export async function decodedBody({ bytes, headers }: DecodedBody, limit: number): Promise<DecodedBody | undefined> {
  if (bytes.length === 0 || !isEncoded(headers)) return { bytes, headers };
  const decoders = decodersOf(headers.joined('content-encoding') ?? '');
  if (decoders === undefined) return undefined;
  try {
    let plain = bytes;
    for (const decode of decoders) plain = await decode(plain, { maxOutputLength: limit });
    return { bytes: plain, headers: ofDecoded(headers) };
  } catch {
    return undefined;
  }
}

/** Whether the bytes of a body are those of a content encoding (RFC 9110 §8.4). */
export function isEncoded(headers: HeaderList): boolean {
  const encodings = headers.joined('content-encoding')?.split(',') ?? [];
  return encodings.some(each => !/^\s*(?:identity)?\s*$/i.test(each));
}

const ENCODED: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

/** RFC 9110 §8.8.3: a strong entity tag is that of the encoded bytes. */
function ofDecoded(headers: HeaderList): HeaderList {
  const etag = headers.get('etag');
  const plain = headers.without(ENCODED);
  return etag === undefined || etag.startsWith('W/') ? plain : plain.set('ETag', `W/${etag}`);
}
