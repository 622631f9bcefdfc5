import { decodersOf } from '../core/content-decoders.ts';
import type { HeaderList } from '../core/headers/header-list.ts';

export interface DecodedBody {
  readonly bytes: Buffer;
  readonly headers: HeaderList;
}

/**
 * A body without its content encoding, and its fields. What cannot be decoded stays as it is.
 * @param limit of the decoded body, in bytes.
 */
export async function decodedBody({ bytes, headers }: DecodedBody, limit: number): Promise<DecodedBody> {
  const encoding = headers.joined('content-encoding');
  const decoders = encoding === undefined || bytes.length === 0 ? undefined : decodersOf(encoding);
  if (decoders === undefined) return { bytes, headers };
  try {
    let plain = bytes;
    for (const decode of decoders) plain = await decode(plain, { maxOutputLength: limit });
    return { bytes: plain, headers: ofDecoded(headers) };
  } catch {
    return { bytes, headers };
  }
}

const ENCODED: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

/** RFC 9110 §8.8.3: a strong entity tag is that of the encoded bytes. */
function ofDecoded(headers: HeaderList): HeaderList {
  const etag = headers.get('etag');
  const plain = headers.without(ENCODED);
  return etag === undefined || etag.startsWith('W/') ? plain : plain.set('ETag', `W/${etag}`);
}
