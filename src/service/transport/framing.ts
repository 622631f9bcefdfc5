import type { HeaderList } from '../../core/headers/header-list.ts';
import { mayTrail } from '../../core/headers/hop-by-hop.ts';

/** RFC 9112 §6.1: passed on as chunked, a body with another transfer coding would be misread. */
export function hasUnknownEncoding(flat: readonly string[]): boolean {
  let encoding: string | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    // Comparing lengths first avoids lower-casing nearly every name.
    if (name.length !== TRANSFER_ENCODING.length || name.toLowerCase() !== TRANSFER_ENCODING) continue;
    const value = flat[i + 1] ?? '';
    encoding = encoding === undefined ? value : `${encoding}, ${value}`;
  }
  return encoding !== undefined && encoding.toLowerCase() !== 'chunked';
}

const TRANSFER_ENCODING = 'transfer-encoding';

/** The announced length of a body; undefined for none. */
export function announcedLength(headers: HeaderList): number | undefined {
  const value = headers.get('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** RFC 9110 §6.4.1: these responses end with their headers. */
export function hasNoBody(method: string, status: number, length: number | undefined): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || length === 0;
}

/** The fields of a sanitized list that are allowed in trailers; undefined for none. */
export function trailersOf(fields: HeaderList): readonly string[] | undefined {
  const { flat: kept } = fields.only(mayTrail);
  return kept.length === 0 ? undefined : kept;
}
