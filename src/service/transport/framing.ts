import { HeaderList } from '../../core/headers/header-list.ts';
import { mayTrail } from '../../core/headers/hop-by-hop.ts';

/** RFC 9112 §6.1: passed on as chunked, a body with another transfer coding would be misread. */
export function hasUnknownEncoding(flat: readonly string[]): boolean {
  const encoding = new HeaderList(flat).joined('transfer-encoding');
  return encoding !== undefined && encoding.toLowerCase() !== 'chunked';
}

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
