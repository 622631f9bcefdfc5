import type { HeaderList } from '../../core/headers/header-list.ts';
import { mayTrail } from '../../core/headers/hop-by-hop.ts';

/** RFC 9112 §6.1: passed on as chunked, another content encoding would be read as what it is not. */
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

/** The announced length of a body; undefined where none was announced. */
export function announcedLength(headers: HeaderList): number | undefined {
  const value = headers.get('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** RFC 9110 §6.4.1: these answers end with their head, whatever it says. */
export function hasNoBody(method: string, status: number, length: number | undefined): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || length === 0;
}

/** What of a cleaned list of fields may travel behind a body; undefined for nothing. */
export function trailersOf(fields: HeaderList): readonly string[] | undefined {
  const { flat: kept } = fields.only(mayTrail);
  return kept.length === 0 ? undefined : kept;
}
