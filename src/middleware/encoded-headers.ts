import { HeaderList } from '../core/headers/header-list.ts';
import { memoize } from '../core/memoize.ts';

/** The fields of a compressed response. @param length in bytes, if it is known. */
export function encodedHeaders(headers: HeaderList, encoding: string, length: number | undefined): HeaderList {
  const fields = ofEncoded(headers.flat);
  fields.push('Content-Encoding', encoding);
  if (length !== undefined) fields.push('Content-Length', String(length));
  return new HeaderList(fields);
}

/** The fields or trailers that apply to the encoded form. */
export function ofEncoded(flat: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    const value = flat[i + 1] ?? '';
    const fate = fateOf(name);
    if (fate !== 'dropped') fields.push(name, fate === 'tag' ? weak(value) : value);
  }
  return fields;
}

/** Lengths, ranges and digests of the original bytes (RFC 9110 §8.6 and §14.3, RFC 9530 §2 and §3). */
const OF_PLAIN_BYTES: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'accept-ranges',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
]);

const fateOf = memoize((name): 'kept' | 'dropped' | 'tag' => {
  const lower = name.toLowerCase();
  if (lower === 'etag') return 'tag';
  return OF_PLAIN_BYTES.has(lower) ? 'dropped' : 'kept';
});

// RFC 9110 §8.8.3.3: one strong entity tag may not cover two content encodings.
function weak(etag: string): string {
  return etag.startsWith('"') ? `W/${etag}` : etag;
}

/** RFC 9110 §12.5.5: downstream caches have to know that the response depends on Accept-Encoding. */
export function varyingByEncoding(headers: HeaderList): HeaderList {
  const known = headers.joined('vary');
  if (known === undefined) return headers.add('Vary', 'Accept-Encoding');
  return NAMED.test(known) ? headers : headers.set('Vary', `${known}, Accept-Encoding`);
}

const NAMED = /(?:^|[\s,])(?:accept-encoding|\*)(?:$|[\s,])/i;

/**
 * A 304 carries the entity tag of the client's copy, which is weak if the copy was encoded: a strong one would name
 * another representation, and the copy would not be updated (RFC 9111 §4.3.4).
 */
export function asTheClientHasIt(headers: HeaderList, noneMatch: string | undefined): HeaderList {
  const etag = headers.get('etag');
  if (etag === undefined || noneMatch === undefined || !etag.startsWith('"')) return headers;
  const tags: readonly string[] = noneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.includes(weak(etag)) && !tags.includes(etag) ? headers.set('ETag', weak(etag)) : headers;
}
